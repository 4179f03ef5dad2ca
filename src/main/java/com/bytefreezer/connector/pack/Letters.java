package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Puts the dead letters of a segment and of its pack where people find them. */
final class Letters {
    private Letters() {}

    /**
     * Makes the file, which appears as a whole, or removes what an interrupted pack with other SQL has left.
     *
     * @param ofSegment sealed, so nothing changes it any more
     * @param ofPack may be missing
     */
    static void keep(Optional<Path> ofSegment, Path ofPack, Path file) throws IOException {
        List<Path> all = Stream.concat(ofSegment.stream(), Stream.of(ofPack).filter(Files::exists))
                .toList();
        if (all.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        Path folder = file.toAbsolutePath().resolveSibling("");
        PrivateFiles.createFolders(folder);
        Path part = folder.resolve("." + file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try {
            if (!all.equals(ofSegment.stream().toList()) || !isLinked(all.get(0), part)) {
                copy(all, part);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
        PrivateFiles.force(folder);
    }

    /** A disk that is full of dead letters has no room for a copy, and would be full for ever. */
    private static boolean isLinked(Path letters, Path part) {
        try {
            Files.createLink(part, letters);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            // Another disk, or one without links.
            return false;
        }
    }

    private static void copy(List<Path> all, Path part) throws IOException {
        try (FileChannel to = PrivateFiles.openNew(part)) {
            for (Path each : all) {
                try (FileChannel from = FileChannel.open(each)) {
                    for (long at = 0; at < from.size(); ) {
                        at += from.transferTo(at, from.size() - at, to);
                    }
                }
            }
            to.force(true);
        }
    }
}
