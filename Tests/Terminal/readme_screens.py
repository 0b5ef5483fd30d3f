#!/usr/bin/env python3
"""Draws the pictures of screens that the README shows, from the program itself.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/readme_screens.py                 # from the root of the repository

The program runs in a pseudo terminal with direct colours, takes the keys of each picture below, and
what it has written then is drawn cell by cell into .github/. Stages' times differ from run to run, and
nothing else. Needs Pillow, and the font DejaVu Sans Mono (Debian's fonts-dejavu-core).
"""

import argparse
import ast
import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import termios
import time

from PIL import Image, ImageDraw, ImageFont

from screen_model import ScreenModel

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where each picture goes, the command line behind the program's name, keys, columns and rows.
SCREENS = [
    (".github/screen.png", ["Samples/cat.ppm", "--stage", "cross 2", "--latent", "88"], "i", (120, 40)),
]
FRONT, BEHIND = (229, 229, 229), (17, 17, 19)
# The sixteen colours of xterm, for styles that name them.
NAMED = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
         (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
         (255, 0, 255), (0, 255, 255), (255, 255, 255)]
# To which of its four sides a line goes: left, right, up, down.
LINES = {"─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "rud", "┤": "lud",
         "┬": "lrd", "┴": "lru", "┼": "lrud"}


def screen_after(program, arguments, keys, size):
    """The cells that the program shows at rest after some keys."""
    columns, rows = size
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LC_ALL="C.UTF-8",
                          XDG_CONFIG_HOME="/nonexistent")
        for name in ("NO_COLOR", "SSH_CONNECTION"):
            os.environ.pop(name, None)
        time.sleep(0.2)
        os.execv(program, [program, *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    model = ScreenModel(columns, rows)

    def rest():
        begin = time.monotonic()
        while time.monotonic() - begin < 120:
            if select.select([terminal], [], [], 2)[0]:
                model.take(os.read(terminal, 1 << 16))
            elif not any("computing " in line or "building" in line for line in model.text()[:5]):
                return

    try:
        rest()
        for key in keys:
            os.write(terminal, key.encode())
            rest()
        return model.shown()[0]
    finally:
        os.kill(process, signal.SIGTERM)
        try:
            while os.read(terminal, 1 << 16):
                pass
        except OSError:  # the program has ended
            pass
        os.waitpid(process, 0)


def colour(text, default):
    """A colour as the model keeps it: three channels, or the number of one of 256."""
    if text is None:
        return default
    numbers = ast.literal_eval(text)
    if len(numbers) == 3:
        return tuple(numbers)
    number = numbers[0]
    if number < 16:
        return NAMED[number]
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    steps = [0, 95, 135, 175, 215, 255]
    number -= 16
    return steps[number // 36], steps[number // 6 % 6], steps[number % 6]


def picture(cells, fonts):
    """The cells as a picture; blocks and lines fill theirs, so that they join."""
    width = round(fonts[False].getlength("M"))
    ascent, descent = fonts[False].getmetrics()
    height = ascent + descent
    image = Image.new("RGB", (width * len(cells[0]), height * len(cells)), BEHIND)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(cells):
        for column, (text, style) in enumerate(line):
            style = dict(style)
            front, behind = colour(style.get("front"), FRONT), colour(style.get("behind"), BEHIND)
            if "7" in style:
                front, behind = behind, front
            if "2" in style:
                front = tuple((3 * a + 2 * b) // 5 for a, b in zip(front, behind))
            x, y = column * width, row * height
            right, bottom = x + width - 1, y + height - 1
            draw.rectangle((x, y, right, bottom), fill=behind)
            middle = x + width // 2, y + height // 2
            if text == "▀":
                draw.rectangle((x, y, right, middle[1] - 1), fill=front)
            elif text == "█":
                draw.rectangle((x, y, right, bottom), fill=front)
            elif text and text in "▁▂▃▄▅▆▇":
                filled = height * (ord(text) - ord("▁") + 1) // 8
                draw.rectangle((x, bottom - filled + 1, right, bottom), fill=front)
            elif text in LINES:
                ends = {"l": (x, middle[1]), "r": (right, middle[1]), "u": (middle[0], y),
                        "d": (middle[0], bottom)}
                for side in LINES[text]:
                    draw.line((middle, ends[side]), fill=front)
            elif text.strip():
                draw.text((x, y), text, fill=front, font=fonts["1" in style])
            if "4" in style:
                draw.line((x, bottom - 1, right, bottom - 1), fill=front)
    return image


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--font-size", type=int, default=14)
    options = parser.parse_args()
    fonts = {is_bold: ImageFont.truetype(name, options.font_size)
             for is_bold, name in [(False, "DejaVuSansMono.ttf"), (True, "DejaVuSansMono-Bold.ttf")]}
    for path, arguments, keys, size in SCREENS:
        cells = screen_after(options.program, arguments, keys, size)
        picture(cells, fonts).save(ROOT / path, optimize=True)
        print(path)


if __name__ == "__main__":
    main()
