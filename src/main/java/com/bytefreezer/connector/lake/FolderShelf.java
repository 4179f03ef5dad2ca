package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.disk.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * A dataset in a folder.
 *
 * @param folder of the dataset
 */
public record FolderShelf(Path folder) implements Shelf {
    @Override
    public void put(String key, Path file) throws IOException {
        Path object = folder.toAbsolutePath().resolve(key);
        Path partition = object.resolveSibling("");
        Path known = partition;
        while (!Files.isDirectory(known)) {
            known = known.resolveSibling("");
        }
        Files.createDirectories(partition);
        copy(file, object);
        // With the names of the folders that are new.
        for (Path each = partition; each.startsWith(known); each = each.resolveSibling("")) {
            PrivateFiles.force(each);
        }
    }

    @Override
    public OptionalLong size(String key) throws IOException {
        Path object = folder.resolve(key);
        return Files.exists(object) ? OptionalLong.of(Files.size(object)) : OptionalLong.empty();
    }

    /** Copies a file so that the copy appears as a whole. */
    public static void copy(Path from, Path to) throws IOException {
        Path part = to.resolveSibling("." + to.getFileName() + ".part");
        try {
            Files.copy(from, part, StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
