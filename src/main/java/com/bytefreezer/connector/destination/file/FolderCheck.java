package com.bytefreezer.connector.destination.file;

import com.bytefreezer.connector.delivery.Check;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks whether a folder can be written, without writing. */
public final class FolderCheck {
    private Path folder = Path.of("");

    public void setFolder(String folder) {
        this.folder = Path.of(folder).toAbsolutePath().normalize();
    }

    public Check check() {
        Path there = folder;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (there == null || !Files.isDirectory(there) || !Files.isWritable(there)) {
            return Check.failed(
                    "%s cannot be written. Choose another folder, or change its permissions.".formatted(there));
        }
        return Check.ok(
                folder.equals(there)
                        ? "The folder %s can be written.".formatted(folder)
                        : "The folder %s can be created.".formatted(folder));
    }
}
