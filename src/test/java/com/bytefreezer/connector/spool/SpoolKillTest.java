package com.bytefreezer.connector.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random arrivals, packs and kills at any byte: each acknowledged event is in the lake exactly once. */
class SpoolKillTest {
    private static final int LIVES = 30;

    @TempDir
    private Path folder;

    private Random random = new Random(0);
    /** Acknowledged, in order. */
    private final List<String> events = new ArrayList<>();

    private final List<String> deadLetters = new ArrayList<>();
    /** By identity, so that a repeated pack replaces itself. */
    private final Map<String, List<String>> lake = new TreeMap<>();

    private final Map<String, List<String>> deadInLake = new TreeMap<>();
    private final List<String> ids = new ArrayList<>();
    private int next;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whatWasAcknowledgedIsInTheLakeOnceWhereverAKillComes(long seed) throws IOException {
        random = new Random(seed);
        for (int life = 0; life < LIVES; life++) {
            try (Spool spool = Spool.open(folder, Long.MAX_VALUE)) {
                live(spool.dataset("t", "d"));
            }
            switch (random.nextInt(3)) {
                case 0 -> dieWriting();
                case 1 -> dieCommitting();
                default -> assertThat(folder).exists();
            }
        }
        try (Spool spool = Spool.open(folder, Long.MAX_VALUE)) {
            DatasetSpool dataset = spool.dataset("t", "d");
            for (String id : ids) {
                assertThat(dataset.append(SpoolTest.arrival(id, "repeated"))).isEqualTo(Arrival.Outcome.REPEATED);
            }
            Counts before = dataset.counts();
            assertThat(before.received()).isEqualTo(events.size() + deadLetters.size());
            assertThat(before.deadLettered()).isEqualTo(deadLetters.size());
            dataset.seal();
            while (dataset.next().isPresent()) {
                commit(dataset);
            }
            assertThat(dataset.counts()).isEqualTo(new Counts(events.size(), 0, deadLetters.size(), 0));
            assertThat(spool.bytes()).isZero();
        }
        assertThat(lake.values().stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(events);
        assertThat(deadInLake.values().stream().flatMap(List::stream)).containsExactlyInAnyOrderElementsOf(deadLetters);
    }

    private void live(DatasetSpool dataset) throws IOException {
        for (int act = random.nextInt(6); act >= 0; act--) {
            switch (random.nextInt(8)) {
                case 0 -> dataset.seal();
                case 1 -> upload(dataset.next());
                case 2 -> commit(dataset);
                case 3 -> {
                    if (!ids.isEmpty()) {
                        String known = ids.get(random.nextInt(ids.size()));
                        assertThat(dataset.append(SpoolTest.arrival(known, "repeated")))
                                .isEqualTo(Arrival.Outcome.REPEATED);
                    }
                }
                default -> append(dataset, arrival());
            }
        }
    }

    private void append(DatasetSpool dataset, Arrival arrival) {
        assertThat(dataset.append(arrival)).isEqualTo(Arrival.Outcome.STORED);
        acknowledged(arrival);
    }

    private void acknowledged(Arrival arrival) {
        arrival.id().ifPresent(ids::add);
        events.addAll(lines(arrival.events()));
        deadLetters.addAll(lines(arrival.deadLetters()));
    }

    /** Dies with an arrival of which some bytes are on disk, in the order in which they are written. */
    private void dieWriting() throws IOException {
        Map<Path, Long> before = sizes();
        Arrival arrival = arrival();
        try (Spool spool = Spool.open(folder, Long.MAX_VALUE)) {
            spool.dataset("t", "d").append(arrival);
        }
        List<Path> order = sizes().entrySet().stream()
                .filter(file -> file.getValue() > before.getOrDefault(file.getKey(), 0L))
                .map(Map.Entry::getKey)
                .sorted(Comparator.comparingInt(SpoolKillTest::place))
                .toList();
        int fatal = random.nextInt(order.size());
        for (int i = fatal; i < order.size(); i++) {
            Path file = order.get(i);
            long from = before.getOrDefault(file, 0L);
            long to = Files.size(file);
            long cut = i == fatal ? from + random.nextLong(to - from + 1) : from;
            if (cut == to && i == order.size() - 1) {
                // All of it is there, and only the answer was lost.
                acknowledged(arrival);
            }
            if (cut == 0 && random.nextBoolean() && i > fatal) {
                Files.delete(file);
                continue;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(cut);
            }
        }
    }

    private static int place(Path file) {
        String name = file.toString();
        return name.endsWith(".journal") ? 2 : name.endsWith(".dead.ndjson") ? 1 : 0;
    }

    /** Dies before or after the commit of a pack whose object is in the lake. */
    private void dieCommitting() throws IOException {
        Map<Path, byte[]> before = contents();
        try (Spool spool = Spool.open(folder, Long.MAX_VALUE)) {
            commit(spool.dataset("t", "d"));
        }
        boolean recorded = random.nextBoolean();
        for (Map.Entry<Path, byte[]> file : before.entrySet()) {
            if (!recorded || (!isState(file.getKey()) && random.nextBoolean())) {
                Files.write(file.getKey(), file.getValue());
            }
        }
    }

    private void commit(DatasetSpool dataset) throws IOException {
        Optional<SealedSegment> segment = dataset.next();
        upload(segment);
        segment.ifPresent(one -> dataset.commit(one, 0, 0, "", Map.of()));
    }

    private void upload(Optional<SealedSegment> segment) throws IOException {
        if (segment.isPresent()) {
            SealedSegment one = segment.get();
            put(lake, one.identity(), one.data());
            put(deadInLake, one.identity(), one.deadLetters());
        }
    }

    private static void put(Map<String, List<String>> lake, String identity, Optional<Path> file) throws IOException {
        List<String> content = file.isPresent() ? Files.readAllLines(file.get()) : List.of();
        List<String> before = lake.put(identity, content);
        assertThat(before == null || before.equals(content)).as(identity).isTrue();
    }

    private Arrival arrival() {
        int count = random.nextInt(4);
        int dead = random.nextInt(6) == 0 ? 1 + random.nextInt(2) : 0;
        Optional<String> id = random.nextBoolean() ? Optional.of("id" + next) : Optional.empty();
        return new Arrival(id, some(Math.max(count, 1)), Math.max(count, 1), some(dead), dead);
    }

    private ByteBuffer some(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append(next++).append("x".repeat(random.nextInt(30))).append('\n');
        }
        return SpoolTest.bytes(lines.toString());
    }

    private static List<String> lines(ByteBuffer bytes) {
        return UTF_8.decode(bytes.duplicate()).toString().lines().toList();
    }

    private Map<Path, Long> sizes() throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        contents().forEach((file, bytes) -> sizes.put(file, (long) bytes.length));
        sizes.keySet().removeIf(SpoolKillTest::isState);
        return sizes;
    }

    private static boolean isState(Path file) {
        return file.endsWith("state.json");
    }

    private Map<Path, byte[]> contents() throws IOException {
        Map<Path, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder.resolve("t/d"))) {
            for (Path file : files.toList()) {
                contents.put(file, Files.readAllBytes(file));
            }
        }
        return contents;
    }
}
