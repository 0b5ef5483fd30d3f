#!/usr/bin/env python3
"""Whether a program that was built with --static-swift-stdlib runs on a Debian without Swift.

    swift build -c release --static-swift-stdlib --product perceiver-tui
    python3 Tests/Install/without_swift.py [PROGRAM]

It reads with ldd what the program needs: no library of Swift, and nothing else that is in no Debian
package. Then it makes a folder that holds the program, those libraries, terminfo, a locale and Samples,
and nothing else, and runs the program with that folder as its root: there is no shell in it, no Swift
and no package. It needs root or a kernel that lets users have namespaces; where there is neither, it
says so and checks the libraries alone.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[2]
# What --static-swift-stdlib links into the program.
OF_SWIFT = re.compile(r"lib(swift\w*|_?Foundation\w*|dispatch|BlocksRuntime|_StringProcessing)\.so")
TOOLS = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
TERMINALS = ["x/xterm-256color", "l/linux", "v/vt100", "d/dumb"]


def needed(program):
    """The libraries that the loader takes, by name, with their paths; None for those it lacks."""
    found = subprocess.run(["ldd", program], capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"{program}: ldd: {(found.stderr or found.stdout).strip()}")
    libraries = {}
    for line in found.stdout.splitlines():
        words = line.split()
        if "=>" in words:
            path = words[2] if words[2].startswith("/") else None
            libraries[words[0]] = path
        elif words and words[0].startswith("/"):
            libraries[os.path.basename(words[0])] = words[0]
    return libraries


def package(path):
    """The Debian package of a file; None where it is in none."""
    real = os.path.realpath(path)
    # Packages list some files under /lib, which is /usr/lib.
    names = [path, real]
    names += [name.removeprefix("/usr") for name in names if name.startswith("/usr/lib")]
    for name in names:
        asked = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if asked.returncode == 0:
            return asked.stdout.split(":")[0]
    return None


def check_libraries(program):
    """Fails on libraries that another Debian does not have; gives the others."""
    libraries = needed(program)
    faults = []
    packages = set()
    for name, path in sorted(libraries.items()):
        if OF_SWIFT.match(name):
            faults.append(f"{name}: it is Swift's; build with --static-swift-stdlib")
        elif path is None:
            faults.append(f"{name}: not found")
        elif (owner := package(path)) is None:
            faults.append(f"{name}: {path} is in no Debian package")
        else:
            packages.add(owner)
    if faults:
        sys.exit(f"{program} needs what another Debian does not have:\n  " + "\n  ".join(faults))
    print(f"{len(libraries)} libraries, of {' '.join(sorted(packages))}")
    return [path for path in libraries.values() if path]


def fill(root, program, libraries):
    """Puts into a folder what the program is to find, each file where it lies here."""
    def copy(source, place):
        target = root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(os.path.realpath(source), target)

    copy(program, "/usr/local/bin/perceiver-tui")
    for library in libraries:
        copy(library, library)
    for folder in ["/usr/share/terminfo", "/lib/terminfo", "/etc/terminfo"]:
        for entry in TERMINALS:
            if os.path.exists(f"{folder}/{entry}"):
                copy(f"{folder}/{entry}", f"{folder}/{entry}")
    # The locale that every Debian has.
    for locale in ["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"]:
        if os.path.isdir(locale):
            shutil.copytree(locale, root / locale.lstrip("/"))
    shutil.copytree(HERE / "Samples", root / "usr/local/share/perceiver-tui/Samples")
    for folder in ["tmp", "dev", "proc", "home"]:
        (root / folder).mkdir()


ENVIRONMENT = {
    "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": "/home", "PATH": "/usr/local/bin"}


def tried(way, arguments):
    """The program run in another root."""
    return subprocess.run(
        way + ["/usr/local/bin/perceiver-tui"] + arguments, capture_output=True, text=True,
        env=ENVIRONMENT, stdin=subprocess.DEVNULL)


def entering(root):
    """The words before a command that make a folder its root; None where that is not allowed."""
    chroot, unshare = (shutil.which(tool, path=TOOLS) for tool in ("chroot", "unshare"))
    ways = []
    if chroot and unshare:
        # Swift reads a program's arguments from /proc.
        spaces = ["--mount", "--pid", "--fork", f"--mount-proc={root}/proc", chroot, root]
        ways = [[unshare, *spaces], [unshare, "--user", "--map-root-user", *spaces]]
    reason = "chroot or unshare is not here"
    for way in ways:
        done = tried(way, ["--version"])
        said = done.stderr.strip()
        speaker = os.path.basename(said.split(":")[0])
        if done.returncode == 0 or speaker not in ("chroot", "unshare", "mount"):
            return way
        reason = said
    print(f"the program was not run in another root: {reason}", file=sys.stderr)
    return None


SAMPLES = "/usr/local/share/perceiver-tui/Samples"
# Arguments, and what must stand in the output.
COMMANDS = [
    (["info", f"{SAMPLES}/fashion.safetensors"], "parameters"),
    (["--version"], ""),
    (["render", f"{SAMPLES}/cat.ppm", "--stage", "1", "--format", "plain"], ""),
    (["render", f"{SAMPLES}/cat.ppm", "--stage", "1", "--output", "/tmp/map.png"], None),
    (["explore", f"{SAMPLES}/fashion-boot.png", "--weights", f"{SAMPLES}/fashion.safetensors",
      "--keys", "Right ]", "--screen", "80x24"], "latent"),
    (["manual"], ".TH PERCEIVER"),
    (["--generate-completion-script", "bash"], "complete"),
    (["--generate-completion-script", "zsh"], "#compdef perceiver-tui"),
    (["--generate-completion-script", "fish"], "complete -c"),
]


def run(way):
    """Runs the commands in the new root; fails where one does."""
    for arguments, expected in COMMANDS:
        done = tried(way, arguments)
        line = "perceiver-tui " + " ".join(arguments)
        if done.returncode:
            sys.exit(f"{line}\nended with {done.returncode}: {done.stderr.strip()}")
        if expected is not None and (not done.stdout.strip() or expected not in done.stdout):
            sys.exit(f"{line}\nexpected {expected or 'output'}, found {done.stdout[:200]!r}")
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "program", nargs="?", default=str(HERE / ".build/release/perceiver-tui"),
        help="the program (default: .build/release/perceiver-tui)")
    program = parser.parse_args().program
    if not os.path.isfile(program):
        sys.exit(f"{program}: no such file; the first lines of this script say how to build it")
    libraries = check_libraries(program)
    with tempfile.TemporaryDirectory(prefix="without-swift-") as folder:
        root = pathlib.Path(folder)
        fill(root, program, libraries)
        if (way := entering(folder)) is not None:
            run(way)
            print("it runs without Swift")


if __name__ == "__main__":
    main()
