"""A kernel imports the framework once, in a process of its own that ends with the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.execution.environment import NO_FORK
from autograder.notebook.warm import Warm
from tests import toy
from tests.notebook.kernels import Kernel, kernel, save, wait_until

START = "from autograder import Notebook\n\ngrader = Notebook('toy', 'toy.ipynb')"
CHECK = "grader.check('part')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    toy.project(tmp_path, limits="{seconds: 600, check_seconds: 300, memory_mb: 600}")
    save(tmp_path / "toy.ipynb", toy.RIGHT)
    return tmp_path


@pytest.fixture
def started(folder: Path) -> Iterator[Kernel]:
    with kernel(folder) as made:
        made.run(START)
        yield made


def zygotes(of: psutil.Process) -> list[psutil.Process]:
    keepers = [each for each in of.children() if "autograder.worker.keeper" in each.cmdline()]
    return [zygote for keeper in keepers for zygote in keeper.children()]


def workers(of: psutil.Process) -> list[psutil.Process]:
    return [worker for zygote in zygotes(of) for worker in zygote.children()]


def ended(process: psutil.Process) -> bool:
    # Without a parent that waits for it, a process that has ended stays a zombie.
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_one_zygote_for_all_checks(started: Kernel) -> None:
    here = psutil.Process(started.number("__import__('os').getpid()"))
    assert not zygotes(here), "nothing is imported before the first check"
    said = started.run(CHECK)
    assert "10 of 10 visible points" in said.result
    (first,) = zygotes(here)
    assert not started.run("grader.check_all(); Notebook('toy', 'toy.ipynb').check_all()").errors
    assert zygotes(here) == [first]
    # It is replaced if it was killed.
    first.kill()
    assert wait_until(lambda: ended(first))
    assert "10 of 10 visible points" in started.run(CHECK).result
    (second,) = zygotes(here)
    assert second != first and not ended(second)


@pytest.mark.parametrize("how", ["shutdown", "killed"])
def test_it_ends_with_the_kernel(folder: Path, how: str) -> None:
    with kernel(folder) as started:
        started.run(START)
        here = psutil.Process(started.number("__import__('os').getpid()"))
        started.run(CHECK)
        (zygote,) = zygotes(here)
        its_folder = Path(zygote.cwd())
        if how == "killed":
            here.kill()
        else:
            started.manager.shutdown_kernel()
        assert wait_until(lambda: ended(zygote))
        assert wait_until(lambda: not its_folder.exists())


def test_an_interrupt_ends_the_check_and_nothing_else(folder: Path, started: Kernel) -> None:
    here = psutil.Process(started.number("__import__('os').getpid()"))
    assert started.run(CHECK).result
    save(folder / "toy.ipynb", toy.RIGHT.replace("return 1", "while True: pass"))
    request = started.send(CHECK)
    assert wait_until(lambda: workers(here))
    (worker,) = workers(here)
    # Once it computes, the check is under way.
    assert wait_until(lambda: worker.cpu_times().user > 0.5)
    started.manager.interrupt_kernel()
    said = started.wait(request)
    assert said.errors == [
        "Interrupted: The check was interrupted. You can run it again.",
        "The check was interrupted. You can run it again.",
    ]
    assert said.shown[0]["text/plain"] == "checking: one() is 1 …"
    assert said.shown[-1]["text/plain"] == ""
    assert wait_until(lambda: not workers(here))
    save(folder / "toy.ipynb", toy.RIGHT)
    (zygote,) = zygotes(here)
    assert "10 of 10 visible points" in started.run(CHECK).result
    assert zygotes(here) == [zygote]


def test_an_interrupt_during_the_import(started: Kernel) -> None:
    here = psutil.Process(started.number("__import__('os').getpid()"))
    request = started.send(CHECK)
    assert wait_until(lambda: zygotes(here))
    (zygote,) = zygotes(here)
    started.manager.interrupt_kernel()
    assert started.wait(request).errors[0].startswith("Interrupted")
    assert wait_until(lambda: ended(zygote))
    assert "10 of 10 visible points" in started.run(CHECK).result


def test_a_forked_process_leaves_its_parents_zygotes_alone(started: Kernel) -> None:
    here = psutil.Process(started.number("__import__('os').getpid()"))
    started.run(CHECK)
    (zygote,) = zygotes(here)
    said = started.run(
        """
        import os
        from autograder.notebook import warm
        ours = warm.KERNEL.zygotes()
        child = os.fork()
        if child == 0:
            warm.KERNEL.close()
            os._exit(0 if warm.KERNEL.zygotes() is not ours else 1)
        print(os.waitpid(child, 0)[1])
        """
    )
    assert said.printed.strip() == "0", said
    assert zygotes(here) == [zygote]
    assert "10 of 10 visible points" in started.run(CHECK).result


def test_without_fork(folder: Path) -> None:
    with kernel(folder, {NO_FORK: "1"}) as started:
        started.run(START)
        here = psutil.Process(started.number("__import__('os').getpid()"))
        assert "10 of 10 visible points" in started.run(CHECK).result
        assert not zygotes(here)


def test_closing_twice() -> None:
    warm = Warm()
    assert warm.zygotes() is warm.zygotes()
    warm.close()
    warm.close()
