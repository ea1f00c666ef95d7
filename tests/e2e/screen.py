# SPDX-License-Identifier: Apache-2.0
"""Reading the machine's screen as a person does: what words stand where."""
import dataclasses
import functools
import os
import pathlib
import subprocess
import tempfile

import conftest
from PIL import Image

import machine

SCALE = 3  # the reader wants letters of 30 pixels, black on white, and no frames around them:
TEXT_LIGHT = 150  # the desktop's text is lighter than this, what it stands on is not


@dataclasses.dataclass
class Word:
    text: str
    x: int  # the centre, in pixels of the screen
    y: int
    left: int  # where it begins


def picture() -> Image.Image:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        machine.screenshot(pathlib.Path(file.name))
        with Image.open(file.name) as opened:
            return opened.convert("RGB")


def keep(image: Image.Image, name: str):
    """For a person to look at: conftest.FILES/NAME.png."""
    conftest.FILES.mkdir(parents=True, exist_ok=True)
    image.save(conftest.FILES / f"{name}.png")


@functools.lru_cache(maxsize=16)  # who waits for something to appear reads the same picture again and again
def read_table(width: int, height: int, pixels: bytes) -> str:
    """What Tesseract says of a picture in shades of gray. It gets one thread: with more, they take the emulator's time to wait for each other."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.frombytes("L", (width, height), pixels).save(file.name, compress_level=1)
        return subprocess.run(["tesseract", file.name, "-", "--psm", "11", "tsv"], capture_output=True, text=True, check=True,
                              env={**os.environ, "OMP_THREAD_LIMIT": "1"}).stdout


def words(image: Image.Image, box: tuple[int, int, int, int] | None = None, enlarge: float = SCALE,
          lighter: int = TEXT_LIGHT) -> list[Word]:
    """The words in a part of the picture (left, top, right, bottom), by default all of it, that are lighter than this."""
    left, top, right, bottom = box or (0, 0, *image.size)
    part = image.crop((left, top, right, bottom)).convert("L")
    part = part.resize((round(part.width * enlarge), round(part.height * enlarge)), Image.Resampling.LANCZOS)
    part = part.point(lambda light: 0 if light > lighter else 255)
    found = []
    for row in read_table(*part.size, part.tobytes()).splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[11].strip() and float(cells[10]) > 20:
            x, y, width, height = (int(cell) for cell in cells[6:10])
            found.append(Word(cells[11].strip(), left + round((x + width / 2) / enlarge), top + round((y + height / 2) / enlarge),
                              left + round(x / enlarge)))
    return found


def find(image: Image.Image, text: str, box: tuple[int, int, int, int] | None = None) -> Word | None:
    return next((word for word in words(image, box) if word.text.strip(".,:;") == text), None)


def text(image: Image.Image, box: tuple[int, int, int, int] | None = None, enlarge: float = SCALE) -> str:
    """What can be read there, light on dark or dark on light."""
    part = image.crop(box) if box else image
    light = part.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) > 128
    return " ".join(word.text for word in words(part.point(lambda value: 255 - value) if light else part, None, enlarge))


def find_colour(image: Image.Image, colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> tuple[int, int] | None:
    """A pixel in that part of the picture that has about this colour."""
    left, top, right, bottom = box
    return next(((x, y) for y in range(top, bottom) for x in range(left, right)
                 if all(abs(a - b) <= 8 for a, b in zip(image.getpixel((x, y)), colour))), None)
