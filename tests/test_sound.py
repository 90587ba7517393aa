"""Synthesised sounds have the pitch that was asked for, and a notebook shows a player without any other package."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from shared import sound
from tests.catalogue import ROOT


@pytest.mark.parametrize(("frequency", "rate"), [(220, 8000), (440, 8000), (196, 4000)])
def test_a_string_has_its_pitch_and_fades(frequency: float, rate: int) -> None:
    string = sound.plucked_string(frequency, seconds=1, rate=rate)
    assert string.shape == (rate,) and np.abs(string).max() == 1
    loudest = np.fft.rfft(string * np.hanning(rate))[50:]
    pitch = 50 + np.abs(loudest).argmax()
    # Any overtone may be the loudest. A period is a whole number of samples and a half.
    overtone = pitch / frequency
    assert abs(overtone - round(overtone)) < 0.5 * frequency / rate * overtone + 0.02
    assert np.abs(string[-rate // 10 :]).max() < 0.5 * np.abs(string[: rate // 10]).max()


def test_the_seed_plucks() -> None:
    first, again, other = (sound.plucked_string(220, 0.1, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_file_holds_the_samples(tmp_path: Path) -> None:
    sound.Sound(np.array([0.0, 0.5, -1.0, 3.0]), rate=4000).save(tmp_path / "four.wav")
    with wave.open(str(tmp_path / "four.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 4000, 4)
        samples = np.frombuffer(file.readframes(4), dtype="<i2")
    np.testing.assert_allclose(samples / 32767, [0, 0.5, -1, 1], atol=1e-4)


def test_a_player_needs_numpy_alone() -> None:
    code = (
        "import sys; sys.modules['IPython'] = sys.modules['matplotlib'] = sys.modules['scipy'] = None\n"
        "from shared import sound; string = sound.Sound(sound.plucked_string(220, 0.5))\n"
        "print(repr(string)); print(string._repr_html_())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    text, html = done.stdout.splitlines()
    assert text == "0.50 s of sound, 8000 samples per second"
    content = re.fullmatch(r'<audio controls src="data:audio/wav;base64,([\w+/=]+)">.*</audio>', html)
    assert content and base64.b64decode(content[1]).startswith(b"RIFF")
