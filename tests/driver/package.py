"""The package for Debian: what is in it, and what it says it needs.

usage: package.py BUILD FOLDER [clean]        clean: also install it into a new Debian, by debootstrap, and build a trainer
"""
import glob
import os
import re
import shutil
import subprocess
import sys


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def main():
    build, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    if not shutil.which("dpkg-shlibdeps"):
        sys.exit(77)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    output("cpack", "--config", os.path.join(build, "CPackConfig.cmake"), "-B", folder, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", cwd=folder)
    packages = glob.glob(os.path.join(folder, "ganc_*.deb"))
    assert len(packages) == 1, packages
    needs = output("dpkg-deb", "-f", packages[0], "Depends")
    for name in ("g++", "libc6-dev", "libc6", "libllvm22", "libboost-program-options1.74.0", "libstdc++6"):
        assert re.search(rf"(^|, ){re.escape(name)}( |,|$)", needs), (name, needs)
    assert "halide" not in needs.lower(), needs  # it is inside
    files = {line.split()[-1] for line in output("dpkg-deb", "-c", packages[0]).splitlines()}
    for name in ("bin/ganc", "lib/ganc/program.h", "lib/ganc/libHalide.so", "lib/ganc/x86-64/libganrt.a"):
        assert "./usr/" + name in files, (name, files)
    assert all(f.startswith("./usr/") or f in ("./",) for f in files), files
    if sys.argv[3:] == ["clean"]:
        install(packages[0], os.path.join(folder, "root"))


def install(package, root):
    """A Debian with nothing but its base, in which apt fetches what the package needs."""
    output("debootstrap", "--variant=minbase", "bookworm", root)
    shutil.copy("/etc/apt/sources.list.d/debian.sources", os.path.join(root, "etc/apt/sources.list.d/"))
    shutil.copy(package, os.path.join(root, "tmp/ganc.deb"))
    output("chroot", root, "sh", "-c", "apt-get update -q && apt-get install -q -y --no-install-recommends /tmp/ganc.deb")
    # Programs find out where they lie by /proc.
    output("chroot", root, "sh", "-c", "mount -t proc proc /proc && cd /tmp && ganc new vae && ganc build vae.gan -q -o vae && ./vae train --data builtin:glyphs --steps 3 -q; s=$?; umount /proc; exit $s")
    assert os.path.exists(os.path.join(root, "tmp/runs/vae/checkpoints/final.safetensors"))


main()
