#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the icons of the apps: apps/draw_icons.py   (each app's icon.png; runs in the builder root)

One shape for all: a rounded square, lit from above, with a white sign on it.
"""
import pathlib

from PIL import Image, ImageDraw

SIDE, SHARPER = 128, 4
FULL = SIDE * SHARPER
WHITE = (255, 255, 255, 255)


def at(*numbers: float) -> list[float]:
    """From the icon's own 128 units to pixels."""
    return [number * SHARPER for number in numbers]


def plate(above: tuple[int, int, int], below: tuple[int, int, int]) -> Image.Image:
    gradient = Image.new("RGBA", (1, FULL))
    for y in range(FULL):
        part = y / FULL
        gradient.putpixel((0, y), (*(round(a + (b - a) * part) for a, b in zip(above, below)), 255))
    icon = Image.new("RGBA", (FULL, FULL), (0, 0, 0, 0))
    mask = Image.new("L", (FULL, FULL), 0)
    ImageDraw.Draw(mask).rounded_rectangle(at(6, 6, 122, 122), radius=28 * SHARPER, fill=255)
    icon.paste(gradient.resize((FULL, FULL)), (0, 0), mask)
    return icon


def line(draw: ImageDraw.ImageDraw, points: list[float], width: float, fill=WHITE):
    """With round ends and corners."""
    scaled = at(*points)
    draw.line(scaled, fill=fill, width=round(width * SHARPER), joint="curve")
    radius = width * SHARPER / 2
    for x, y in zip(scaled[::2], scaled[1::2]):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)


def terminal() -> Image.Image:
    icon = plate((62, 70, 84), (24, 28, 36))
    draw = ImageDraw.Draw(icon)
    line(draw, [36, 44, 58, 64, 36, 84], 10, (126, 226, 160, 255))
    line(draw, [66, 86, 92, 86], 10)
    return icon


def editor() -> Image.Image:
    icon = plate((96, 170, 250), (36, 98, 214))
    draw = ImageDraw.Draw(icon)
    draw.rounded_rectangle(at(34, 26, 94, 102), radius=8 * SHARPER, fill=WHITE)
    for y, end in ((42, 82), (56, 82), (70, 82), (84, 64)):
        line(draw, [46, y, end, y], 5, (140, 178, 232, 255))
    return icon


def browser() -> Image.Image:
    icon = plate((70, 206, 196), (14, 128, 148))
    draw = ImageDraw.Draw(icon)
    width = 7 * SHARPER
    draw.ellipse(at(28, 28, 100, 100), outline=WHITE, width=width)
    draw.ellipse(at(47, 28, 81, 100), outline=WHITE, width=width)
    line(draw, [32, 64, 96, 64], 7)
    return icon


def notes() -> Image.Image:
    icon = plate((255, 206, 92), (240, 150, 40))
    draw = ImageDraw.Draw(icon)
    draw.polygon(at(32, 30, 96, 30, 96, 78, 76, 98, 32, 98), fill=(255, 252, 240, 255))
    draw.polygon(at(96, 78, 76, 78, 76, 98), fill=(232, 196, 120, 255))
    line(draw, [44, 48, 84, 48], 6, (214, 150, 60, 255))
    line(draw, [44, 63, 84, 63], 6, (214, 150, 60, 255))
    line(draw, [44, 78, 62, 78], 6, (214, 150, 60, 255))
    return icon


def timer() -> Image.Image:
    icon = plate((250, 120, 112), (206, 48, 72))
    draw = ImageDraw.Draw(icon)
    draw.ellipse(at(30, 36, 98, 104), outline=WHITE, width=9 * SHARPER)
    line(draw, [54, 24, 74, 24], 9)
    line(draw, [64, 50, 64, 70, 78, 78], 8)
    return icon


def tea() -> Image.Image:
    icon = plate((122, 190, 112), (48, 110, 60))
    draw = ImageDraw.Draw(icon)
    draw.rounded_rectangle(at(34, 56, 84, 98), radius=14 * SHARPER, fill=WHITE)
    draw.ellipse(at(74, 60, 100, 86), outline=WHITE, width=7 * SHARPER)
    for x in (46, 59, 72):
        line(draw, [x, 32, x, 46], 6)
    return icon


def main():
    folder = pathlib.Path(__file__).resolve().parent
    for draw, place in ((terminal, "terminal"), (editor, "editor"), (browser, "browser"), (notes, "notes"), (timer, "timer"), (tea, "web/tea")):
        draw().resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(folder / place / "icon.png", optimize=True)


if __name__ == "__main__":
    main()
