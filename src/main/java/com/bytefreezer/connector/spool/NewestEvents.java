package com.bytefreezer.connector.spool;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.spool.Journal.Line;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The newest events of a dataset that are on disk here, whichever process has the spool. What is packed is gone.
 *
 * @param events as lines of JSON, the oldest first
 * @param after where they end, to ask for what comes later
 * @param skipped whether there are events since then that are not among them: too many came, or they are packed
 */
public record NewestEvents(List<Event> events, String after, boolean skipped) {
    private static final int MOST_BYTES = 256 * 1024;
    private static final int LONGEST = 4000;

    /**
     * An event.
     *
     * @param text its JSON, or the beginning of it
     * @param cut whether it is longer
     */
    public record Event(String text, boolean cut) {
        public static Event of(String text) {
            boolean cut = text.length() > LONGEST;
            return new Event(cut ? text.substring(0, LONGEST) : text, cut);
        }
    }

    /**
     * Whole events, to try SQL on them.
     *
     * @param lines of JSON, the oldest first
     * @param shape of the events of all packs; empty before the first one
     * @param columns of the objects, if SQL has made some; otherwise empty
     */
    public record Sample(List<String> lines, String shape, Map<String, String> columns) {}

    private record Found(List<String> lines, String after, boolean skipped) {}

    /** Where an event ends. */
    private record Position(long segment, long offset) {
        static Optional<Position> of(String text) {
            return text.matches("\\d{1,18}:\\d{1,18}")
                    ? Optional.of(new Position(
                            Long.parseLong(text.substring(0, text.indexOf(':'))),
                            Long.parseLong(text.substring(text.indexOf(':') + 1))))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return segment + ":" + offset;
        }
    }

    /**
     * Takes no lock and writes nothing.
     *
     * @param folder of the dataset in the spool
     * @param after from an earlier answer; another text: the newest ones
     * @param most how many
     */
    public static NewestEvents in(Path folder, String after, int most) throws IOException {
        Found found = found(folder, after, most);
        return new NewestEvents(found.lines.stream().map(Event::of).toList(), found.after, found.skipped);
    }

    /** The newest ones as they are, likewise; empty if the dataset has no spool. */
    public static Optional<Sample> sample(Path folder, int most) throws IOException {
        if (!Files.exists(SpoolState.file(folder))) {
            return Optional.empty();
        }
        SpoolState state = SpoolState.read(folder);
        return Optional.of(new Sample(found(folder, "", most).lines, state.shape(), state.columns()));
    }

    private static Found found(Path folder, String after, int most) throws IOException {
        Optional<Position> seen = Position.of(after);
        if (!Files.exists(SpoolState.file(folder))) {
            return new Found(List.of(), "0:0", false);
        }
        long packed = SpoolState.read(folder).packedThrough();
        List<String> events = new ArrayList<>();
        boolean skipped = false;
        Position end = seen.orElse(new Position(packed, 0));
        List<Long> numbers = Segment.numbers(folder);
        for (int i = numbers.size() - 1; i >= 0; i--) {
            long number = numbers.get(i);
            if (seen.isPresent() && number < seen.get().segment()) {
                break;
            }
            long last = end(folder, number);
            long from = seen.filter(it -> it.segment() == number)
                    .map(Position::offset)
                    .orElse(0L);
            if (i == numbers.size() - 1) {
                end = new Position(number, last);
            }
            if (last <= from) {
                continue;
            }
            if (events.size() >= most) {
                skipped = true;
                break;
            }
            List<String> lines = number > packed ? lines(Segment.data(folder, number), from, last) : List.of();
            int room = Math.min(most - events.size(), lines.size());
            // Before those of later segments.
            events.addAll(0, lines.subList(lines.size() - room, lines.size()));
            skipped |= room < lines.size() || lines.isEmpty() || from < last - MOST_BYTES;
            if (number <= packed) {
                break;
            }
        }
        return new Found(events, end.toString(), skipped && seen.isPresent());
    }

    /** Bytes of the events that were acknowledged. */
    private static long end(Path folder, long number) throws IOException {
        try {
            List<Line> lines = Journal.newest(Segment.journal(folder, number), Long.MAX_VALUE);
            return lines.isEmpty() ? 0 : lines.get(lines.size() - 1).end();
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** The last lines between two places; none if they are packed meanwhile. */
    private static List<String> lines(Path data, long from, long to) throws IOException {
        long start = Math.max(from, to - MOST_BYTES);
        try (RandomAccessFile file = new RandomAccessFile(data.toFile(), "r")) {
            byte[] bytes = new byte[(int) (Math.min(to, file.length()) - start)];
            file.seek(start);
            file.readFully(bytes);
            List<String> lines = new String(bytes, UTF_8).lines().toList();
            return start == from || lines.isEmpty() ? lines : lines.subList(1, lines.size());
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }
}
