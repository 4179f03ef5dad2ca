package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a pack has made of a segment, before anybody sees it. What SQL makes is kept until the commit, because a second
 * time it might be something else: the SQL, a lookup or the time may have changed.
 *
 * @param isBySql whether the object and the dead letters are kept, too; otherwise they are made again in the same way
 * @param packed events in the object; without any, there is none
 * @param rows of the object
 * @param bytes of the object
 * @param dropped events that the SQL left out
 * @param refused events that became dead letters
 * @param columns of the dataset's objects with their types, if SQL has made some
 * @param missing columns that the SQL names but no event has had yet
 */
record Made(
        boolean isBySql,
        long packed,
        long rows,
        long bytes,
        long dropped,
        long refused,
        Map<String, String> columns,
        Set<String> missing) {
    private static final ObjectMapper JSON = Json.mapper();
    private static final String NAME = "made.json";
    private static final Made MARK = new Made(false, 0, 0, 0, 0, 0, Map.of(), Set.of());

    static Path object(Path folder) {
        return folder.resolve("object.parquet");
    }

    /** Of the pack, without those of the segment. */
    static Path letters(Path folder) {
        return folder.resolve("letters.ndjson");
    }

    /** What an interrupted pack has kept; of a {@link #mark} alone, how it was made. */
    static Optional<Made> in(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        if (Files.exists(file)) {
            return Optional.of(JSON.readValue(file.toFile(), Made.class));
        }
        return Files.isDirectory(folder) ? Optional.of(MARK) : Optional.empty();
    }

    /** As {@link #text} gives it; empty for what this connector cannot read. */
    static Optional<Made> of(String text) {
        try {
            return Optional.of(JSON.readValue(text, Made.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    String text() throws IOException {
        return JSON.writeValueAsString(this);
    }

    /** Keeps it with the files in {@code part}, which becomes {@code folder}. */
    void keep(Path part, Path folder) throws IOException {
        for (Path file : new Path[] {object(part), letters(part)}) {
            if (Files.exists(file)) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
        PrivateFiles.writeNew(part.resolve(NAME), JSON.writeValueAsBytes(this));
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.force(folder.resolveSibling(""));
    }

    /** Remembers that the events go into the lake as they are: an empty folder takes the disk once. */
    static void mark(Path folder) throws IOException {
        PrivateFiles.createFolders(folder);
        PrivateFiles.force(folder.resolveSibling(""));
    }
}
