# tries: find tokens, names and paths of the launcher in its environment
import os

for name, value in os.environ.items():
    if any(word in name.lower() for word in ("token", "secret", "password", "username", "ssh", "git")):
        attempt(f"found {name}", lambda: None)
    if TARGETS["token"] in value:
        attempt(f"{name} leads to the launcher's folder", lambda: None)
attempt("another home", lambda: {}[os.environ["HOME"] == os.getcwd()])
