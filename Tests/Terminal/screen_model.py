"""What a terminal shows after the bytes that a program has written to it: cells, cursor and modes.

It knows what ncurses sends to terminals of xterm's, screen's, rxvt's, Linux's and the vt100's kind.
Everything else is kept in `strange`, since nothing else should ever be written.
"""

import re
import unicodedata

ESCAPES = re.compile(
    rb"\x1b\[(?P<mark>[<=>?!]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|\x1b\](?:R|P[0-9a-fA-F]{7}|[^\x07\x1b]*(?:\x07|\x1b\\))"
    rb"|\x1b(?P<set>[()])(?P<name>[0-9A-Z])"
    rb"|\x1b(?P<short>[78=>DEMHcg])")
BROKEN_OFF = re.compile(rb"\x1b(?:\[[ -?]*|[()])?(?=\x1b)")
LINES = dict(zip("jklmnqtuvwx", "┘┐┌└┼─├┤┴┬│"))
# Modes that a program must not leave on, and that it must not leave off.
TO_BE_OFF = {1: "cursor keys", 5: "reverse", 47: "other screen", 1047: "other screen", 1049: "other screen",
             9: "mouse", 1000: "mouse", 1002: "mouse", 1003: "mouse", 1004: "focus", 1006: "mouse",
             1034: "eighth bit", 2004: "paste", 2026: "held updates"}
TO_BE_ON = {7: "wrapping", 25: "cursor"}


def columns_of(character):
    if character < "\u0300":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class ScreenModel:
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.modes = {7: True, 25: True}
        self.style, self.strange, self.waiting = {}, [], b""
        self.sets, self.chosen = {"(": "B", ")": "B"}, "("
        self.kept = (0, 0)
        # A cursor that is never hidden stands wherever the last cell was written.
        self.hides_cursor = False
        self.is_keypad = False
        self.clear()

    # What is seen.

    def shown(self):
        """Rows of cells as they look, and where the cursor is if it can be seen."""
        return ([[self.look(cell) for cell in row] for row in self.cells],
                (self.x, self.y) if self.hides_cursor and self.modes[25] else None)

    @staticmethod
    def look(cell):
        text, style = cell
        colours = dict(style)
        if text in "▄█" and "front" in colours and "behind" in colours and "7" not in colours:
            # Two pixels are an upper half block too, and two of one colour a space.
            rest = tuple(part for part in style if part[0] not in ("front", "behind"))
            front, behind = colours["front"], colours["behind"]
            if text == "█":
                return " ", tuple(sorted(rest + (("behind", front),)))
            return "▀", tuple(sorted(rest + (("behind", front), ("front", behind))))
        if text != " ":
            return cell
        # Of a space only what lies behind it is seen.
        return text, tuple(part for part in style if part[0] in ("behind", "4", "7"))

    def text(self):
        return ["".join(cell[0] for cell in row).rstrip() for row in self.cells]

    def left_behind(self):
        """What is not as a shell wants it, in words."""
        left = [name for mode, name in TO_BE_OFF.items() if self.modes.get(mode)]
        left += ["no " + name for mode, name in TO_BE_ON.items() if not self.modes.get(mode)]
        if self.style:
            left.append(f"style {self.style}")
        if self.is_keypad:
            left.append("keypad")
        if self.sets[self.chosen] != "B":
            left.append("line drawing")
        if (self.top, self.bottom) != (0, self.rows - 1):
            left.append("scroll region")
        return left

    # What changes it.

    def resize(self, columns, rows):
        blank = (" ", ())
        kept = [row[:columns] + [blank] * (columns - len(row)) for row in self.cells[:rows]]
        self.cells = kept + [[blank] * columns for _ in range(rows - len(kept))]
        self.columns, self.rows, self.top, self.bottom = columns, rows, 0, rows - 1
        self.move(min(self.x, columns - 1), min(self.y, rows - 1))

    def take(self, data):
        data, self.waiting = self.waiting + data, b""
        at = 0
        while at < len(data):
            byte = data[at]
            if byte == 0x1B:
                found = ESCAPES.match(data, at)
                if found:
                    self.obey(found)
                    at = found.end()
                elif broken := BROKEN_OFF.match(data, at):
                    # Broken off by what restores the terminal, as terminals take it.
                    at = broken.end()
                elif len(data) - at < 128 and not re.match(rb"\x1b[^\[\]()78=>DEMHcg]", data[at:at + 2]):
                    self.waiting = data[at:]
                    return
                else:
                    self.strange.append(data[at:at + 16])
                    at += 1
            elif byte < 0x20 or byte == 0x7F:
                self.single(byte)
                at += 1
            else:
                end = at
                while end < len(data) and data[end] >= 0x20 and data[end] != 0x7F:
                    end += 1
                try:
                    text = data[at:end].decode()
                except UnicodeDecodeError as error:
                    if end == len(data) and error.end == end - at and end - at - error.start < 4:
                        text = data[at:at + error.start].decode()
                        self.waiting = data[at + error.start:]
                    else:
                        self.strange.append(data[at + error.start:at + error.start + 16])
                        text = data[at:end].decode(errors="replace")
                self.write(text)
                at = end

    def write(self, text):
        if self.sets[self.chosen] == "0":
            text = "".join(LINES.get(character, character) for character in text)
        style = tuple(sorted(self.style.items()))
        for character in text:
            width = columns_of(character)
            if "\x80" <= character < "\xa0":
                self.strange.append(character.encode())
                continue
            row = self.cells[self.y]
            if width == 0:
                x = self.x if self.is_full else max(0, self.x - 1)
                x -= 1 if row[x][0] == "" and x > 0 else 0
                row[x] = (row[x][0] + character, row[x][1])
                continue
            if self.is_full or self.x + width > self.columns:
                if self.modes.get(7):
                    self.move(0, self.y)
                    self.down()
                row = self.cells[self.y]
            if row[self.x][0] == "" and self.x > 0:
                row[self.x - 1] = (" ", row[self.x - 1][1])
            end = min(self.columns, self.x + width)
            if end < self.columns and row[end][0] == "":
                row[end] = (" ", row[end][1])
            row[self.x:end] = [(character, style)] + [("", style)] * (end - self.x - 1)
            self.last = character
            self.is_full = end >= self.columns
            self.x = min(end, self.columns - 1)

    def move(self, x, y):
        self.x, self.y, self.is_full = max(0, min(x, self.columns - 1)), max(0, min(y, self.rows - 1)), False

    def clear(self):
        self.cells = [self.blanks(self.columns) for _ in range(self.rows)]
        self.top, self.bottom, self.last = 0, self.rows - 1, " "
        self.move(0, 0)

    def blanks(self, count):
        behind = self.style.get("behind")
        return [(" ", (("behind", behind),) if behind else ())] * count

    def down(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.move(self.x, self.y + 1)

    def scroll(self, top, lines):
        """Moves rows from `top` to the region's end, up for positive `lines`."""
        region = self.cells[top:self.bottom + 1]
        new = [self.blanks(self.columns) for _ in range(min(abs(lines), len(region)))]
        region = region[len(new):] + new if lines > 0 else new + region[:len(region) - len(new)]
        self.cells[top:self.bottom + 1] = region

    def single(self, byte):
        if byte == 8:
            self.move(self.x - 1, self.y)
        elif byte == 9:
            self.move((self.x // 8 + 1) * 8, self.y)
        elif byte == 10:
            self.down()
        elif byte == 13:
            self.move(0, self.y)
        elif byte in (14, 15):
            self.chosen = ")" if byte == 14 else "("
        elif byte not in (0, 7):
            self.strange.append(bytes([byte]))

    def obey(self, found):
        if found["set"]:
            self.sets[found["set"].decode()] = found["name"].decode()
        elif found["short"]:
            self.short(found["short"].decode())
        elif found["final"]:
            numbers = [int(n) if n else 0 for n in re.split(b"[;:]", found["numbers"])]
            self.sequence(found["mark"].decode() + found["between"].decode(), numbers, found["final"].decode())

    def short(self, name):
        if name == "7":
            self.kept = (self.x, self.y)
        elif name == "8":
            self.move(*self.kept)
        elif name in "=>":
            self.is_keypad = name == "="
        elif name == "M":
            if self.y == self.top:
                self.scroll(self.top, -1)
            else:
                self.move(self.x, self.y - 1)
        elif name in "DE":
            self.down()
            if name == "E":
                self.move(0, self.y)
        elif name == "c":
            self.__init__(self.columns, self.rows)

    def sequence(self, mark, numbers, final):
        first = numbers[0]
        count = max(1, first)
        row = self.cells[self.y]
        here = self.x
        if mark:
            if mark == "?" and final in "hl":
                for number in numbers:
                    self.mode(number, final == "h")
            elif (mark, final) not in (("?", "c"), (">", "c"), ("!", "p"), (" ", "q"), (">", "m")):
                self.strange.append(f"CSI {mark}{numbers}{final}".encode())
        elif final == "m":
            self.restyle(numbers)
        elif final in "Hf":
            self.move((numbers[1] if len(numbers) > 1 and numbers[1] else 1) - 1, count - 1)
        elif final in "ABCDG`d":
            x, y = {"A": (here, self.y - count), "B": (here, self.y + count), "C": (here + count, self.y),
                    "D": (here - count, self.y), "d": (here, count - 1)}.get(final, (count - 1, self.y))
            self.move(x, y)
        elif final in "JK":
            start, end = {0: (here, self.columns), 1: (0, here + 1)}.get(first, (0, self.columns))
            row[start:end] = self.blanks(end - start)
            if final == "J":
                rows = {0: range(self.y + 1, self.rows), 1: range(self.y)}.get(first, range(self.rows))
                for y in rows:
                    self.cells[y] = self.blanks(self.columns)
        elif final == "X":
            end = min(self.columns, here + count)
            row[here:end] = self.blanks(end - here)
        elif final == "P":
            row[here:] = row[here + count:] + self.blanks(min(count, self.columns - here))
        elif final == "@":
            row[here:] = (self.blanks(count) + row[here:])[:self.columns - here]
        elif final in "LM":
            if self.top <= self.y <= self.bottom:
                self.scroll(self.y, count if final == "M" else -count)
        elif final in "ST":
            self.scroll(self.top, count if final == "S" else -count)
        elif final == "b":
            self.write(self.last * count)
        elif final == "r":
            end = numbers[1] if len(numbers) > 1 and numbers[1] else self.rows
            self.top, self.bottom = count - 1, min(end, self.rows) - 1
            self.move(0, 0)
        elif final in "IZ":
            self.move((here // 8 + count) * 8 if final == "I" else (here - 1) // 8 * 8, self.y)
        elif final not in "hlgcntq":
            self.strange.append(f"CSI {numbers}{final}".encode())

    def mode(self, number, is_on):
        if number in (47, 1047, 1049) and bool(self.modes.get(number)) != is_on:
            if number == 1049 and is_on:
                self.kept = (self.x, self.y)
            self.cells = [[(" ", ())] * self.columns for _ in range(self.rows)]
            if number == 1049 and not is_on:
                self.move(*self.kept)
        self.modes[number] = is_on
        self.hides_cursor |= number == 25 and not is_on

    def restyle(self, numbers):
        style, numbers = self.style, list(numbers)
        while numbers:
            n = numbers.pop(0)
            if n == 0:
                style.clear()
            elif n in (38, 48):
                name = "front" if n == 38 else "behind"
                size = 2 if numbers[:1] == [5] else 4
                style[name] = str(numbers[1:size])
                del numbers[:size]
            elif n in (39, 49):
                style.pop("front" if n == 39 else "behind", None)
            elif 30 <= n < 38 or 90 <= n < 98:
                style["front"] = str([n - 30 if n < 38 else n - 82])
            elif 40 <= n < 48 or 100 <= n < 108:
                style["behind"] = str([n - 40 if n < 48 else n - 92])
            elif n == 22:
                style.pop("1", None), style.pop("2", None)
            elif n in (23, 24, 25, 27, 28):
                style.pop(str(n - 20), None)
            elif n < 10:
                style[str(n)] = "on"
