package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedReadingTest {
    private static final int BLOCKS = 40;
    /** Sixteen of these are more than what is kept. */
    private static final int BLOCK_BYTES = (int) (SharedReading.MOST_KEPT_BYTES / 16) + 1;

    /** Lanes share what is parsed. */
    private static final Query JOIN =
            LocalDataset.parse("SELECT id, why FROM events JOIN ioc USING (id)", Set.of("ioc"));

    private final SharedReading reading = new SharedReading(() -> 2);
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();

    @Test
    void thoseInStepReadOnce() throws Exception {
        try (Blocks one = reading.open("q", this::statement);
                Blocks other = reading.open("q", this::statement)) {
            for (int i = 0; i < BLOCKS; i++) {
                assertThat(number(one)).isEqualTo(number(other)).isEqualTo(i);
            }
            assertThat(one.next()).isNull();
            assertThat(other.next()).isNull();
            assertThat(other.columns()).containsExactly("record");
        }
        assertThat(opened).hasValue(1);
        assertThat(open).hasValue(0);
    }

    @Test
    void lanesWithOtherVersionsOfALookupReadByThemselves(@TempDir Path folder) throws Exception {
        var source = new RunDataSource();
        List<String> texts = new ArrayList<>();
        List<String> records = new ArrayList<>();
        try (var former = new LocalDataset(folder);
                var current = new LocalDataset(folder)) {
            for (LocalDataset one : List.of(former, current)) {
                one.write("a.parquet", "SELECT 1 AS id");
                one.lookup("ioc", "SELECT 1 AS id, '%s' AS why".formatted(one.equals(former) ? "bot" : "scan"));
            }
            try (DuckDb one = former.open(Map.of());
                    DuckDb other = current.open(Map.of());
                    Blocks first = open(source, former, one, texts);
                    Blocks second = open(source, current, other, texts)) {
                for (Blocks each : List.of(first, second)) {
                    records.add(new String((byte[]) each.next()[0][0], StandardCharsets.UTF_8));
                }
            }
        }
        assertThat(texts).hasSize(2).allMatch(texts.get(0)::equals);
        assertThat(records).containsExactly("{\"id\":1,\"why\":\"bot\"}", "{\"id\":1,\"why\":\"scan\"}");
    }

    private Blocks open(RunDataSource source, LocalDataset dataset, DuckDb duckDb, List<String> texts)
            throws SQLException {
        duckDb.learn(dataset.schema, dataset.objects());
        duckDb.lock(1);
        texts.add(duckDb.statements().stream(
                JOIN, dataset.objects(), dataset.schema, false, 0, Plan.Rows.JOINED, 1_000_000));
        source.use(duckDb, Optional.of(reading), Duration.ofMinutes(1));
        return source.open(texts.get(texts.size() - 1));
    }

    @Test
    void oneThatFallsFarBehindReadsByItselfAndLosesNothing() throws Exception {
        try (Blocks fast = reading.open("q", this::statement);
                Blocks slow = reading.open("q", this::statement)) {
            assertThat(number(slow)).isZero();
            assertThat(numbers(fast)).hasSize(BLOCKS);
            assertThat(numbers(slow))
                    .hasSize(BLOCKS - 1)
                    .startsWith(1)
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
        assertThat(opened).hasValue(2);
        assertThat(open).hasValue(0);
    }

    @Test
    void whenTheOneThatRunsItStopsTheOtherGoesOn() throws Exception {
        Blocks runs = reading.open("q", this::statement);
        Blocks takesPart = reading.open("q", this::statement);
        assertThat(number(runs)).isZero();
        assertThat(number(runs)).isOne();
        assertThat(number(takesPart)).isZero();
        runs.close();

        assertThat(numbers(takesPart))
                .hasSize(BLOCKS - 1)
                .startsWith(1)
                .isSorted()
                .doesNotHaveDuplicates();
        takesPart.close();
        assertThat(open).hasValue(0);
    }

    @Test
    void oneThatComesLateOrAgainReadsByItself() throws Exception {
        try (Blocks early = reading.open("q", this::statement)) {
            assertThat(numbers(early)).hasSize(BLOCKS);
            try (Blocks late = reading.open("q", this::statement)) {
                assertThat(numbers(late)).hasSize(BLOCKS);
            }
        }
        try (Blocks again = reading.open("q", this::statement)) {
            assertThat(numbers(again)).hasSize(BLOCKS);
        }
        assertThat(opened).hasValue(3);
        assertThat(open).hasValue(0);
    }

    @Test
    void afterTheEndTheOtherGetsWhatIsKept() throws Exception {
        Blocks.Opener shortOne = () -> new Statement(5, BLOCKS);
        Blocks runs = reading.open("q", shortOne);
        Blocks takesPart = reading.open("q", shortOne);
        assertThat(numbers(runs)).hasSize(5);
        runs.close();

        assertThat(numbers(takesPart)).hasSize(5);
        takesPart.close();
        assertThat(opened).hasValue(1);
    }

    @Test
    void bothLearnOfAnError() throws Exception {
        Blocks.Opener broken = () -> new Statement(BLOCKS, 3);
        try (Blocks one = reading.open("q", broken);
                Blocks other = reading.open("q", broken)) {
            assertThatThrownBy(() -> numbers(one)).isInstanceOf(SQLException.class);
            assertThat(number(other)).isZero();
            assertThatThrownBy(() -> numbers(other)).isInstanceOf(SQLException.class);
        }
        assertThat(open).hasValue(0);
    }

    @Test
    void bothLearnOfAnErrorAtTheStart() throws Exception {
        var tries = new AtomicInteger();
        Blocks.Opener gone = () -> {
            throw new SQLException(tries.getAndIncrement() == 0 ? "HTTP 404" : "Statement was closed");
        };
        try (Blocks one = reading.open("q", gone);
                Blocks other = reading.open("q", this::statement)) {
            assertThatThrownBy(one::columns).hasMessage("HTTP 404");
            assertThatThrownBy(other::columns).hasMessage("HTTP 404");
        }
    }

    @Test
    void whenTheOneThatWouldRunItNeverBeginsTheOtherDoes() throws Exception {
        Blocks runs = reading.open("q", () -> {
            throw new SQLException("its connection is closed");
        });
        try (Blocks takesPart = reading.open("q", this::statement)) {
            runs.close();
            assertThat(takesPart.columns()).containsExactly("record");
            assertThat(numbers(takesPart)).hasSize(BLOCKS);
        }
        assertThat(open).hasValue(0);
    }

    @Test
    void aSlowStatementHoldsUpOnlyThoseWhoWantItsRows() throws Exception {
        var begun = new CountDownLatch(1);
        var goesOn = new CountDownLatch(1);
        var pool = Executors.newFixedThreadPool(2);
        try (Blocks slow = reading.open("slow", () -> {
            begun.countDown();
            await(goesOn);
            return statement();
        })) {
            Future<?> reads = pool.submit(slow::next);
            begun.await();
            Future<Blocks> joins = pool.submit(() -> reading.open("slow", this::statement));
            CompletableFuture.runAsync(() -> {
                        try (Blocks other = reading.open("other", this::statement)) {
                            assertThat(number(other)).isZero();
                        } catch (SQLException e) {
                            throw new IllegalStateException(e);
                        }
                    })
                    .orTimeout(1, TimeUnit.MINUTES)
                    .join();
            goesOn.countDown();
            reads.get();
            joins.get().close();
        } finally {
            pool.shutdown();
        }
    }

    @Tag("slow")
    @Test
    void eachGetsEverythingInOrderWhateverTheirPace() throws Exception {
        var threads = Executors.newFixedThreadPool(2);
        try {
            for (int seed = 0; seed < 200; seed++) {
                Random random = new Random(seed);
                List<Future<List<Integer>>> results =
                        threads.invokeAll(List.of(reader(random.nextInt()), reader(random.nextInt())));
                for (Future<List<Integer>> result : results) {
                    assertThat(result.get()).hasSize(BLOCKS).isSorted().doesNotHaveDuplicates();
                }
                assertThat(open).hasValue(0);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private Callable<List<Integer>> reader(int seed) {
        Random random = new Random(seed);
        return () -> {
            try (Blocks blocks = reading.open("q", this::statement)) {
                List<Integer> numbers = new ArrayList<>();
                for (Object[][] block = blocks.next(); block != null; block = blocks.next()) {
                    numbers.add(((byte[]) block[0][0])[0] & 0xff);
                    if (random.nextInt(8) == 0) {
                        Thread.sleep(random.nextInt(3));
                    }
                }
                return numbers;
            }
        };
    }

    private static int number(Blocks blocks) throws SQLException {
        return ((byte[]) blocks.next()[0][0])[0] & 0xff;
    }

    private static List<Integer> numbers(Blocks blocks) throws SQLException {
        List<Integer> numbers = new ArrayList<>();
        for (Object[][] block = blocks.next(); block != null; block = blocks.next()) {
            numbers.add(((byte[]) block[0][0])[0] & 0xff);
        }
        return numbers;
    }

    private static void await(CountDownLatch latch) throws SQLException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new SQLException(e);
        }
    }

    private Blocks statement() {
        return new Statement(BLOCKS, Integer.MAX_VALUE);
    }

    /** Gives so many blocks, each with its number, and fails at one of them. */
    private final class Statement implements Blocks {
        private final int blocks;
        private final int failsAt;
        private int next;
        private boolean closed;

        Statement(int blocks, int failsAt) {
            this.blocks = blocks;
            this.failsAt = failsAt;
            opened.incrementAndGet();
            open.incrementAndGet();
        }

        @Override
        public List<String> columns() {
            return List.of("record");
        }

        @Override
        public Object[][] next() throws SQLException {
            assertThat(closed).isFalse();
            if (next == failsAt) {
                throw new SQLException("broken");
            }
            if (next == blocks) {
                return null;
            }
            byte[] record = new byte[BLOCK_BYTES];
            record[0] = (byte) next++;
            return new Object[][] {{record}};
        }

        @Override
        public void close() {
            if (!closed) {
                open.decrementAndGet();
            }
            closed = true;
        }
    }
}
