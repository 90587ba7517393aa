"""Synthesised sounds, and a player for notebooks that needs only NumPy and the standard library."""

import base64
import io
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

RATE = 8000
"""Samples per second, as in a telephone: enough for tones up to 4,000 Hz."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Samples in [−1, 1] that a notebook shows as a player if they are the last value of a cell.

    `rate`: samples per second. Samples outside of [−1, 1] are clipped.
    """

    samples: Float[np.ndarray, "time"]
    rate: int = RATE

    def __repr__(self) -> str:
        return f"{len(self.samples) / self.rate:.2f} s of sound, {self.rate} samples per second"

    def _repr_html_(self) -> str:
        """The player of the browser, with the sound inside: notebooks ask for this method."""
        content = base64.b64encode(self.wav()).decode()
        return f'<audio controls src="data:audio/wav;base64,{content}">{self!r}</audio>'

    def wav(self) -> bytes:
        """The content of a WAV file: one channel, 16 bits per sample."""
        numbers = np.rint(32767 * np.clip(np.asarray(self.samples, dtype=np.float64), -1, 1)).astype("<i2")
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setparams((1, 2, self.rate, len(numbers), "NONE", ""))
            file.writeframes(numbers.tobytes())
        return content.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the WAV file `path`, which any player opens."""
        Path(path).write_bytes(self.wav())


def plucked_string(frequency: float, seconds: float, seed: int = 0, rate: int = RATE) -> Float[np.ndarray, "time"]:
    """A plucked string of about `frequency` Hz, at most `rate`/2, in [−1, 1] (Karplus and Strong 1983).

    One period of noise goes round in a loop. In each round it becomes softer and smoother, as the overtones of a
    string fade before its fundamental.
    """
    # The mean of neighbours delays the string by half a sample in each round.
    period = round(rate / frequency - 0.5)
    string = np.random.default_rng(seed).uniform(-1, 1, period)
    rounds = []
    for _ in range(0, round(seconds * rate), period):
        rounds.append(string)
        string = 0.498 * (string + np.roll(string, 1))
    samples = np.concatenate(rounds)[: round(seconds * rate)]
    return samples / np.abs(samples).max()
