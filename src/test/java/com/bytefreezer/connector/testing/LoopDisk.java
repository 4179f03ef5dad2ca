package com.bytefreezer.connector.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small file system of its own that can hang, die and be mended. It needs root and a loop device; without them the test is skipped. */
public final class LoopDisk implements AutoCloseable {
    private final Path image;
    private final Path folder;

    private LoopDisk(Path image, Path folder) {
        this.image = image;
        this.folder = folder;
    }

    /** @param megabytes of the file system, with its journal */
    public static LoopDisk in(Path parent, int megabytes) {
        try {
            LoopDisk disk = new LoopDisk(parent.resolve("disk.img"), Files.createDirectory(parent.resolve("disk")));
            assumeTrue(
                    disk.is("truncate", "-s", megabytes + "M", disk.image.toString())
                            && disk.is("mkfs.ext4", "-q", disk.image.toString())
                            && disk.mount(),
                    "a file system of its own needs root and a loop device");
            return disk;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path folder() {
        return folder;
    }

    /** As a storage that does not answer: whoever writes waits. */
    public void freeze() {
        must("fsfreeze", "-f", folder.toString());
    }

    public void thaw() {
        must("fsfreeze", "-u", folder.toString());
    }

    /** As a storage that is gone: from now on every write fails. */
    public void die() {
        must("mount", "-o", "remount,abort", folder.toString());
    }

    /** Checks what is there and mounts it again; nobody may have a file of it open. */
    public void mend() {
        // Another process of the machine may look at it for a moment.
        Await.until("the disk to be free", () -> is("umount", folder.toString()));
        // It ends with 1 where it has mended something.
        is("e2fsck", "-fy", image.toString());
        if (!mount()) {
            throw new IllegalStateException(image + " cannot be mounted");
        }
    }

    private boolean mount() {
        return is("mount", "-o", "loop", image.toString(), folder.toString());
    }

    private void must(String... command) {
        if (!is(command)) {
            throw new IllegalStateException(String.join(" ", command) + " failed");
        }
    }

    private boolean is(String... command) {
        try {
            return TestTools.run(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        is("fsfreeze", "-u", folder.toString());
        is("umount", folder.toString());
    }
}
