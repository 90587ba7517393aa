# tries: raise the limits on memory, files and time again
# keeps: gates.and
import resource

for name in ("RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_NPROC", "RLIMIT_CORE"):
    kind = getattr(resource, name)
    soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        attempt(f"raised {name}", lambda: resource.setrlimit(kind, (hard + 1, hard + 1)))
    elif name != "RLIMIT_NPROC":
        print(f"HARM: no {name}")
attempt("raised its priority", lambda: __import__("os").nice(-5))
and_gate = right_and_gate
