# tries: fill its folder with links to what the grader, cleaning up, might delete or follow
# keeps: gates.or, gates.and, gates.same_rule_for_all
import os

for number, path in enumerate((TARGETS["canary"], f"{TARGETS['canary']}/gradebook.db", "/", "..", f"{TARGETS['root']}/solutions")):
    os.symlink(path, f"link {number}")
os.mkdir("folder")
os.symlink(TARGETS["canary"], "folder/link")
or_gate, and_gate = right_or_gate, right_and_gate
