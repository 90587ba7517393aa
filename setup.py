"""How the wheel differs from the checkout: it holds the students' half of the course, inside the package.

    assignments/, grading.yml  →  autograder/course_data/
    shared/                    →  autograder/course_data/modules/shared/

So the wheel installs no other top-level package than `autograder`: `shared` is a common name. Everything else about
the package is in `pyproject.toml`.
"""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

PROJECT = Path(__file__).resolve().parent
sys.path.insert(0, str(PROJECT))

from autograder.release import student_files  # noqa: E402 - the build does not run in the project's folder


def course_data() -> dict[str, Path]:
    """The students' half of the course: path inside the package → file."""
    files = {"grading.yml": PROJECT / "grading.yml"}
    for folder in sorted((PROJECT / "assignments").iterdir()):
        if (folder / "checks.py").is_file():
            files |= {f"assignments/{folder.name}/{path.relative_to(folder).as_posix()}": path
                      for path in student_files.of_assignment(folder)}  # fmt: skip
    shared = PROJECT / "shared"
    files |= {
        f"modules/shared/{path.relative_to(shared).as_posix()}": path for path in student_files.of_package(shared)
    }
    return {f"autograder/course_data/{name}": path for name, path in files.items()}


class BuildWithCourse(build_py):
    """Copy the course's files into the wheel, after the modules."""

    def run(self) -> None:
        """Build the modules, then copy the files."""
        super().run()
        if not self.editable_mode:
            for name, path in course_data().items():
                target = Path(self.build_lib, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """The paths of everything that is built."""
        own = [] if self.editable_mode else [str(Path(self.build_lib, name)) for name in course_data()]
        return [*super().get_outputs(include_bytecode), *own]


class EditableWithShared(editable_wheel):
    """In a checkout, `shared` is imported from where it is."""

    def run(self) -> None:
        """Install `shared` beside `autograder`."""
        self.distribution.packages.append("shared")
        super().run()


setup(cmdclass={"build_py": BuildWithCourse, "editable_wheel": EditableWithShared})
