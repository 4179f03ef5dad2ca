package com.bytefreezer.connector.destination.file;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ConnectorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of {@link RollingFiles}, batch by batch: {@code <folder>/.written} with a line {@code id file end} for
 * each. Only a complete line counts, and in a file only the bytes up to the end in its last line. It keeps the newest
 * ids, far more than a crash can repeat. For one process at a time. Used by one thread at a time.
 */
final class FileJournal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);
    static final String NO_ID = "-";
    private static final String NAME = ".written";
    private static final int MOST_LINES = 20_000;
    /** Paths consist of ids, with other characters replaced, and times. */
    private static final Pattern LINE = Pattern.compile("[!-~]+ [!-~]+ [0-9]{1,18}");

    private final Path file;
    private final Set<String> ids = new LinkedHashSet<>();
    private final Map<Path, Long> ends = new LinkedHashMap<>();
    private FileChannel channel;
    private long length;
    private int lines;

    private FileJournal(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        // Byte by byte, so that lengths are right whatever the content.
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        // A line cut off by a crash does not count.
        String complete = text.substring(0, text.lastIndexOf('\n') + 1);
        complete.lines().forEach(line -> {
            lines++;
            if (!LINE.matcher(line).matches()) {
                // Without the line, a file might be cut at an earlier end.
                throw new ConnectorException(
                        "%s, line %d is damaged. Nothing is written and nothing is lost. Restore a copy of it; or move it away: then rename the hidden files (.….part) yourself, and records in flight may come twice."
                                .formatted(file, lines));
            }
            read(line);
        });
        ends.remove(Path.of(NO_ID));
        length = complete.length();
        channel.truncate(length);
    }

    static boolean existsIn(Path folder) {
        return Files.exists(folder.resolve(NAME));
    }

    /** @throws ConnectorException if another process has it open, or it is damaged */
    static FileJournal open(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        FileChannel channel = PrivateFiles.open(file, StandardOpenOption.WRITE);
        if (!isLocked(channel)) {
            channel.close();
            throw new ConnectorException(
                    "another connector writes to %s. Give each its own folder with destination.file.folder."
                            .formatted(folder));
        }
        try {
            PrivateFiles.force(folder);
            return new FileJournal(file, channel);
        } catch (IOException | ConnectorException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Another export of this process has it, such as one from the page.
            return false;
        }
    }

    /** The end of each file. */
    Map<Path, Long> ends() {
        return ends;
    }

    boolean contains(String id) {
        return ids.contains(id);
    }

    /** Records on disk that {@code path} is written up to {@code end}. */
    void add(String id, Path path, long end) throws IOException {
        String line = "%s %s %d\n".formatted(id, path, end);
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        int size = bytes.remaining();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes, length + bytes.position());
            }
            channel.force(true);
        } catch (IOException e) {
            channel.truncate(length);
            throw e;
        }
        length += size;
        read(line.strip());
        if (++lines > MOST_LINES) {
            try {
                shorten();
            } catch (IOException e) {
                // This line fits anyway; the next one tries again.
                LOG.warn("file: {} cannot be shortened ({}). The connector continues with it.", file, e.getMessage());
            }
        }
    }

    /** Records that a file is complete: nothing more is written to it. */
    void completed(Path path) {
        ends.remove(path);
    }

    private void read(String line) {
        String[] parts = line.split(" ");
        ends.put(Path.of(parts[1]), Long.parseLong(parts[2]));
        if (!parts[0].equals(NO_ID)) {
            ids.add(parts[0]);
        }
    }

    /** Keeps the newer half of the ids, and the ends of the open files. */
    private void shorten() throws IOException {
        List<String> newest = ids.stream().skip(ids.size() / 2).toList();
        StringBuilder text = new StringBuilder();
        newest.forEach(id -> text.append(id).append(" - 0\n"));
        ends.forEach((path, end) -> text.append("%s %s %d\n".formatted(NO_ID, path, end)));
        Path shorter = file.resolveSibling(NAME + ".tmp");
        FileChannel next = PrivateFiles.open(shorter, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            next.write(bytes);
        }
        next.force(true);
        next.lock();
        Files.move(shorter, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        FileChannel old = channel;
        channel = next;
        length = bytes.limit();
        lines = newest.size() + ends.size();
        ids.retainAll(new HashSet<>(newest));
        old.close();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
