# tries: leave a folder that nobody can delete: no rights, odd names, very deep
# keeps: gates.or, gates.and, gates.same_rule_for_all
import os
import stat

home = os.getcwd()
os.mkdir("folder")
open("folder/file", "w").close()
os.chmod("folder", 0)
os.mkdir(b"\xff\n-rf *")
for _ in range(1500):
    os.mkdir("deeper")
    os.chdir("deeper")
open("file", "w").close()
os.chdir(home)
os.chmod(home, stat.S_IXUSR)
or_gate, and_gate = right_or_gate, right_and_gate
