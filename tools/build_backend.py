# SPDX-License-Identifier: Apache-2.0
"""Lets pip install from a checkout: a build backend (PEP 517) that runs configure and make.

The wheel holds the program, linked with the library; other libraries are those of the system, so that it is for
this kind of machine only. What the build needs is what configure asks for: nothing is downloaded. CC, CFLAGS and
the like count as in any build, and QSTRATA_CONFIGURE holds further words for configure.
"""
import base64
import hashlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

NAME = "qstrata"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What is made by builds and tools, and is no source.
NO_SOURCE = shutil.ignore_patterns(
    ".git", "node_modules", "build", "build-*", "autom4te.cache", "*.o", "*.lo", "*.la", "*.whl", ".deps", ".libs",
    "configure", "config.status", "config.log", "Makefile", "Makefile.in", "__pycache__")


def version():
    with open(os.path.join(ROOT, "configure.ac"), encoding="utf-8") as file:
        return re.search(r"^AC_INIT\(\[qstrata\], \[([^]]+)\]", file.read(), re.MULTILINE).group(1)


def metadata():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    return (f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version()}\n"
            "Summary: Says, checks and applies how each tensor of a neural network is quantized\n"
            "License: Apache-2.0\nRequires-Python: >=3.7\nDescription-Content-Type: text/markdown\n\n" + readme)


def tag():
    """The program depends on the kind of machine, and on no version of Python."""
    return "py3-none-" + re.sub(r"[^A-Za-z0-9]", "_", sysconfig.get_platform())


def run(command, folder):
    """Runs a command; what it said is told only when it fails."""
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        sys.stderr.write(result.stdout.decode("utf-8", "replace"))
        raise SystemExit(f"{NAME}: {' '.join(command)} ended with status {result.returncode}")


def configure(folder):
    """Configures a copy of the sources, so that the checkout stays as it is."""
    tree = os.path.join(folder, "tree")
    shutil.copytree(ROOT, tree, ignore=NO_SOURCE, symlinks=True)
    run(["autoreconf", "-fi"], tree)
    run(["./configure", "--quiet", "--disable-shared", "--disable-opset-module",
         *shlex.split(os.environ.get("QSTRATA_CONFIGURE", ""))], tree)
    return tree


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def write_wheel(path, files):
    """Writes a wheel (PEP 427): files of (name, bytes, mode), and a RECORD of them."""
    record_name = f"{NAME}-{version()}.dist-info/RECORD"
    record = "".join(record_line(name, data) for name, data, _ in files) + f"{record_name},,\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data, mode in files + [(record_name, record.encode(), 0o644)]:
            # One date for all, so that the same sources give the same wheel.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | mode) << 16
            wheel.writestr(entry, data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = f"{NAME}-{version()}.dist-info"
    name = f"{NAME}-{version()}-{tag()}.whl"
    with tempfile.TemporaryDirectory() as folder:
        tree = configure(folder)
        run(["make", f"-j{os.cpu_count() or 1}", "all"], tree)
        run(["make", "install-strip", f"DESTDIR={folder}/installed", "prefix=/usr"], tree)
        program = read(os.path.join(folder, "installed", "usr", "bin", NAME))
    write_wheel(os.path.join(wheel_directory, name), [
        (f"{NAME}-{version()}.data/scripts/{NAME}", program, 0o755),
        (f"{info}/LICENSE", read(os.path.join(ROOT, "LICENSE")), 0o644),
        (f"{info}/METADATA", metadata().encode(), 0o644),
        (f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: false\nTag: {tag()}\n".encode(),
         0o644),
    ])
    return name


def build_sdist(sdist_directory, config_settings=None):
    """The tarball of make dist, with the PKG-INFO that pip expects."""
    name = f"{NAME}-{version()}.tar.gz"
    with tempfile.TemporaryDirectory() as folder:
        tree = configure(folder)
        run(["make", "dist-gzip"], tree)
        with tarfile.open(os.path.join(tree, name)) as made, \
                tarfile.open(os.path.join(sdist_directory, name), "w:gz", format=tarfile.PAX_FORMAT) as sdist:
            for member in made:
                sdist.addfile(member, made.extractfile(member) if member.isfile() else None)
            info = tarfile.TarInfo(f"{NAME}-{version()}/PKG-INFO")
            info.size = len(metadata().encode())
            sdist.addfile(info, io.BytesIO(metadata().encode()))
    return name
