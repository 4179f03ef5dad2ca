package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.spool.Journal.Line;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A part of a dataset's spool: a file of events, one of dead letters if there are any, and the {@link Journal}. Bytes
 * that the journal does not mention are cut before anything else is written. For one thread at a time.
 */
final class Segment {
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    private static final String JOURNAL = ".journal";
    /** Places in {@link #open}. */
    private static final int DATA = 0;

    private static final int JOURNAL_LINES = 1;
    /** Bytes for one write: the JDK would keep a buffer outside the heap as large as the largest arrival. */
    private static final int BLOCK = 256 * 1024;

    private static final ThreadLocal<ByteBuffer> BLOCKS =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(BLOCK));

    private final long number;
    private final Path data;
    private final Path dead;
    private final Path journal;
    private Line last;
    private long journalEnd;
    /** When the first events arrived, in milliseconds; 0 for none. */
    private long since;
    /** Whether the files may hold bytes that count for nothing. */
    private boolean torn = true;

    private final List<FileChannel> open = new ArrayList<>();
    private final OpenFiles openFiles;
    /** Whether its files stay open between writes. */
    private boolean staysOpen;

    private Segment(Path folder, long number, Journal read, OpenFiles openFiles) throws IOException {
        this.openFiles = openFiles;
        this.number = number;
        data = data(folder, number);
        dead = dead(folder, number);
        journal = journal(folder, number);
        Journal there = read.within(size(data), size(dead));
        last = there.last();
        journalEnd = there.end();
        since = read.firstArrival();
    }

    static Path data(Path folder, long number) {
        return folder.resolve("%012d.ndjson".formatted(number));
    }

    private static Path dead(Path folder, long number) {
        return folder.resolve("%012d.dead.ndjson".formatted(number));
    }

    /** The last of some lines of its journal whose bytes are there; writes nothing. */
    static Line look(Path folder, long number, List<Line> lines) throws IOException {
        return new Journal(lines, List.of())
                .within(size(data(folder, number)), size(dead(folder, number)))
                .last();
    }

    static Path journal(Path folder, long number) {
        return folder.resolve("%012d".formatted(number) + JOURNAL);
    }

    /** The numbers of all whose journals are in a folder, in the order of arrival. */
    static List<Long> numbers(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.flatMap(file -> number(file).stream()).sorted().toList();
        }
    }

    /** The number in the name of a journal; empty for another file. */
    private static Optional<Long> number(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.matches("\\d{12}\\.journal") ? Optional.of(Long.valueOf(name.substring(0, 12))) : Optional.empty();
    }

    /** A new one, whose name survives a power failure. */
    static Segment create(Path folder, long number, OpenFiles openFiles) throws IOException {
        PrivateFiles.create(journal(folder, number));
        Segment segment = new Segment(folder, number, Journal.EMPTY, openFiles);
        PrivateFiles.create(segment.data);
        PrivateFiles.force(folder);
        return segment;
    }

    /** As the last process left it. */
    static Segment recover(Path folder, long number, Journal journal, OpenFiles openFiles) throws IOException {
        Segment segment = new Segment(folder, number, journal, openFiles);
        Line told = journal.last();
        Line there = segment.last;
        if (!told.equals(there)) {
            LOG.error(
                    "spool {}: the disk has lost {} events that were acknowledged. The {} others go on to the lake. Check the disk.",
                    segment.data,
                    told.events() + told.deadLetters() - there.events() - there.deadLetters(),
                    there.events() + there.deadLetters());
        }
        long cut = size(segment.data) - there.end() + size(segment.dead) - there.deadEnd();
        if (cut > 0) {
            LOG.info("spool {}: the last {} bytes were not acknowledged. They are cut.", segment.data, cut);
        }
        segment.mend();
        // The process may have died between the two files.
        PrivateFiles.create(segment.data);
        PrivateFiles.force(folder);
        return segment;
    }

    /**
     * Writes arrivals and returns when they are on disk.
     *
     * @throws IOException if they are not; none of them counts then
     */
    void append(List<Arrival> arrivals, long now) throws IOException {
        mend();
        torn = true;
        try {
            Line line = last;
            List<ByteBuffer> events = new ArrayList<>();
            List<ByteBuffer> deadLetters = new ArrayList<>();
            List<ByteBuffer> lines = new ArrayList<>();
            for (Arrival arrival : arrivals) {
                line = line.after(arrival, now);
                events.add(arrival.events().duplicate());
                deadLetters.add(arrival.deadLetters().duplicate());
                lines.add(ByteBuffer.wrap(line.bytes()));
            }
            write(DATA, events, last.end());
            if (line.deadEnd() > last.deadEnd()) {
                writeDeadLetters(deadLetters);
            }
            journalEnd = write(JOURNAL_LINES, lines, journalEnd);
            last = line;
            since = since == 0 && !isEmpty() ? now : since;
            torn = false;
        } finally {
            if (torn || !(staysOpen || openFiles.take())) {
                release();
            } else {
                staysOpen = true;
            }
        }
    }

    /** Lets it get no further events, also after a crash. */
    void seal(long now) throws IOException {
        mend();
        torn = true;
        Line line = last.seal(now);
        journalEnd = write(JOURNAL_LINES, List.of(ByteBuffer.wrap(line.bytes())), journalEnd);
        last = line;
        torn = false;
        release();
    }

    /** Cuts what a failed or killed write has left. */
    private void mend() throws IOException {
        if (!torn) {
            return;
        }
        release();
        cut(data, last.end());
        cut(dead, last.deadEnd());
        cut(journal, journalEnd);
        torn = false;
    }

    private static void cut(Path file, long end) throws IOException {
        if (size(file) > end) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(end);
                channel.force(true);
            }
        }
    }

    private void writeDeadLetters(List<ByteBuffer> lines) throws IOException {
        boolean isNew = !Files.exists(dead);
        try (FileChannel channel = PrivateFiles.open(dead, StandardOpenOption.WRITE)) {
            write(channel, lines, last.deadEnd());
        }
        if (isNew) {
            PrivateFiles.force(dead.resolveSibling(""));
        }
    }

    private long write(int which, List<ByteBuffer> parts, long from) throws IOException {
        if (open.isEmpty()) {
            open.add(FileChannel.open(data, StandardOpenOption.WRITE));
            open.add(FileChannel.open(journal, StandardOpenOption.WRITE));
        }
        return write(open.get(which), parts, from);
    }

    /** Returns when everything is on disk. */
    private static long write(FileChannel channel, List<ByteBuffer> parts, long from) throws IOException {
        ByteBuffer block = BLOCKS.get();
        channel.position(from);
        for (ByteBuffer part : parts) {
            while (part.hasRemaining()) {
                int some = Math.min(part.remaining(), block.remaining());
                block.put(part.slice().limit(some));
                part.position(part.position() + some);
                if (!block.hasRemaining()) {
                    flush(channel, block);
                }
            }
        }
        flush(channel, block);
        channel.force(false);
        return channel.position();
    }

    private static void flush(FileChannel channel, ByteBuffer block) throws IOException {
        try {
            block.flip();
            while (block.hasRemaining()) {
                channel.write(block);
            }
        } finally {
            block.clear();
        }
    }

    /** Closes the files; the next write opens them again. */
    void release() throws IOException {
        if (staysOpen) {
            staysOpen = false;
            openFiles.give();
        }
        List<FileChannel> channels = List.copyOf(open);
        open.clear();
        for (FileChannel channel : channels) {
            channel.close();
        }
    }

    /** Removes the events, which are in the lake. The journal stays for its ids. */
    void deleteData() throws IOException {
        release();
        Files.deleteIfExists(data);
        Files.deleteIfExists(dead);
    }

    /** Removes the events of a packed segment of which nothing else is needed. */
    static void deleteData(Path folder, long number) throws IOException {
        Files.deleteIfExists(folder.resolve("%012d.ndjson".formatted(number)));
        Files.deleteIfExists(folder.resolve("%012d.dead.ndjson".formatted(number)));
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    LearnedShape.Events all() {
        return new LearnedShape.Events(number, data, 0, last.end());
    }

    long number() {
        return number;
    }

    boolean isSealed() {
        return last.sealed();
    }

    boolean isEmpty() {
        return last.events() + last.deadLetters() == 0;
    }

    long since() {
        return since;
    }

    long bytes() {
        return last.end() + last.deadEnd();
    }

    long bytesOfEvents() {
        return last.end();
    }

    Counts counts() {
        return new Counts(0, 0, last.deadLetters(), last.events());
    }

    SealedSegment sealed(String identity) {
        return new SealedSegment(
                number,
                Instant.ofEpochMilli(last.at()),
                identity,
                last.events() == 0 ? Optional.empty() : Optional.of(data),
                last.events(),
                last.deadLetters() == 0 ? Optional.empty() : Optional.of(dead),
                last.deadLetters());
    }
}
