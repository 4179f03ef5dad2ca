package com.bytefreezer.connector.spool;

import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Sha256;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The journal of a segment: a line for each arrival, written once the arrival's bytes are on disk. What it does not
 * mention was never acknowledged.
 *
 * @param lines in order
 * @param ends where each of them ends in the file
 */
record Journal(List<Line> lines, List<Long> ends) {
    static final Journal EMPTY = new Journal(List.of(), List.of());
    private static final ObjectMapper JSON = Json.mapper();
    private static final int FIRST_LOOKED_AT = 32 * 1024;
    private static final int MOST_LOOKED_AT = 2 * 1024 * 1024;

    /**
     * The segment after an arrival.
     *
     * @param at when it arrived, in milliseconds
     * @param end bytes of the events
     * @param events their number
     * @param deadEnd bytes of the dead letters
     * @param deadLetters their number
     * @param id a hash of the arrival's id; empty if it has none
     * @param sealed whether the segment ends with this line, which is no arrival then
     * @param positions of the sources of this arrival
     */
    record Line(
            long at,
            long end,
            long events,
            long deadEnd,
            long deadLetters,
            String id,
            boolean sealed,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Long> positions) {
        static final Line START = new Line(0, 0, 0, 0, 0, "", false, Map.of());

        Line {
            positions = Objects.requireNonNullElse(positions, Map.of());
        }

        Line after(Arrival arrival, long now) {
            return new Line(
                    now,
                    end + arrival.events().remaining(),
                    events + arrival.eventCount(),
                    deadEnd + arrival.deadLetters().remaining(),
                    deadLetters + arrival.deadLetterCount(),
                    arrival.id().map(Journal::hash).orElse(""),
                    false,
                    arrival.positions());
        }

        Line seal(long now) {
            return new Line(now, end, events, deadEnd, deadLetters, "", true, Map.of());
        }

        byte[] bytes() throws IOException {
            byte[] json = JSON.writeValueAsBytes(this);
            byte[] line = Arrays.copyOf(json, json.length + 1);
            line[json.length] = '\n';
            return line;
        }
    }

    /** Reads a journal up to the first line that is not whole. */
    static Journal read(Path file) throws IOException {
        return read(Files.readAllBytes(file), 0);
    }

    /**
     * The lines since a time, and before them one that is older, {@link Line#START} if there is none. A journal may have
     * a line for each of millions of arrivals, so at most its last {@value #MOST_LOOKED_AT} bytes are read.
     *
     * @param since in milliseconds
     */
    static List<Line> newest(Path file, long since) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            for (long length = FIRST_LOOKED_AT; ; length *= 8) {
                long from = Math.max(0, channel.size() - length);
                List<Line> lines = linesFrom(channel, from);
                if (from == 0
                        || length >= MOST_LOOKED_AT
                        || (!lines.isEmpty() && lines.get(0).at() < since)) {
                    return lines;
                }
            }
        }
    }

    /** As {@link #firstArrival()}, from the beginning of the file alone. */
    static long firstArrival(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in.readNBytes(FIRST_LOOKED_AT), 0).firstArrival();
        }
    }

    private static List<Line> linesFrom(FileChannel channel, long from) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) (channel.size() - from));
        int read = 0;
        while (buffer.hasRemaining() && read >= 0) {
            read = channel.read(buffer, from + buffer.position());
        }
        byte[] bytes = Arrays.copyOf(buffer.array(), buffer.position());
        if (from == 0) {
            List<Line> all = new ArrayList<>(List.of(Line.START));
            all.addAll(read(bytes, 0).lines);
            return all;
        }
        int start = 0;
        while (start < bytes.length && bytes[start] != '\n') {
            start++;
        }
        return start == bytes.length ? List.of() : read(bytes, start + 1).lines;
    }

    private static Journal read(byte[] bytes, int from) {
        List<Line> lines = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        int start = from;
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] != '\n') {
                continue;
            }
            try {
                JsonNode json = JSON.readTree(bytes, start, i - start);
                lines.add(JSON.treeToValue(json, Line.class));
            } catch (IOException e) {
                // A power failure can leave anything after what was forced to the disk.
                break;
            }
            start = i + 1;
            ends.add((long) start);
        }
        return new Journal(lines, ends);
    }

    /** The lines whose bytes are there. */
    Journal within(long dataBytes, long deadBytes) {
        int count = 0;
        while (count < lines.size()
                && lines.get(count).end() <= dataBytes
                && lines.get(count).deadEnd() <= deadBytes) {
            count++;
        }
        return new Journal(lines.subList(0, count), ends.subList(0, Math.min(count, ends.size())));
    }

    Line last() {
        return lines.isEmpty() ? Line.START : lines.get(lines.size() - 1);
    }

    /** When the last arrival came, in milliseconds; 0 for none. */
    long lastArrival() {
        return lines.stream()
                .filter(line -> !line.sealed())
                .mapToLong(Line::at)
                .max()
                .orElse(0);
    }

    /** When the first events arrived, in milliseconds; 0 for none. */
    long firstArrival() {
        return lines.stream()
                .filter(line -> line.events() + line.deadLetters() > 0)
                .mapToLong(Line::at)
                .findFirst()
                .orElse(0);
    }

    /** Bytes of the whole lines. */
    long end() {
        return ends.isEmpty() ? 0 : ends.get(ends.size() - 1);
    }

    /** Ids have any length. */
    static String hash(String id) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(Sha256.of(id), 15));
    }
}
