import com.bytefreezer.connector.testing.Chromium;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WideEvents;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;

/**
 * Measures in Chromium what a person waits for: from the opening of the page to the first records on the screen. Each round starts the
 * connector as the image does, opens the page at once, and once more when the listing is no longer kept; each visit has an empty cache.
 * The browser shares this machine's cores with the connector.
 */
final class FirstRows {
    private static final Bench.Dataset OBJECTS = new Bench.Dataset("page-objects", 20_000, 1_000_000, 600);
    private static final Path WIDE = Bench.WORK.resolve("page-wide");
    private static final Path DATASETS = Bench.WORK.resolve("page-datasets");
    private static final int TENANTS = 30;
    private static final int DATASETS_EACH = 10;
    /** A listing is kept for ten seconds. */
    private static final Duration UNTIL_LISTED_AGAIN = Duration.ofSeconds(11);

    /** Notes when the frame with the first cell has been drawn. */
    private static final String WATCH = """
            new MutationObserver((changes, observer) => {
              if (document.querySelector('.grid .cell')) {
                observer.disconnect();
                requestAnimationFrame(() => setTimeout(() => { window.firstRows = performance.now(); }));
              }
            }).observe(document, { childList: true, subtree: true });""";

    /** Bytes as they came over the network, with the heads; answers are those of the API. */
    private static final String LOOK = """
            () => {
              const come = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                .filter((entry) => entry.responseEnd > 0 && entry.responseEnd <= window.firstRows);
              const bytes = (entries) => entries.reduce((sum, entry) => sum + entry.transferSize, 0);
              return {
                seconds: window.firstRows / 1000,
                ends: performance.timeOrigin + window.firstRows,
                bytes: bytes(come),
                answers: bytes(come.filter((entry) => entry.name.includes('/api/'))),
              };
            }""";

    private final Bench bench;

    /** A lake, and the place in the page that shows it. */
    private record Lake(String name, Map<String, String> settings, String place) {}

    /** What one visit took: seconds since the page was asked for, when they ended (epoch, ms), bytes, and the page's heap. */
    private record Visit(double seconds, double ends, double bytes, double answers, double heapBytes) {}

    /** A process with its two visits. */
    private record Round(double withStart, Visit first, Visit later, double peakBytes, double cellBytes) {}

    FirstRows(Bench bench) {
        this.bench = bench;
    }

    void run() throws Exception {
        try (Chromium chromium = Chromium.start();
                MinioServer minio = objectsInMinio()) {
            List<Lake> lakes = List.of(
                    new Lake("%d columns, 300,000 records".formatted(WideEvents.COLUMNS), wide(), "#/data/bench/wide"),
                    new Lake("20,000 objects in a folder", bench.settings("lake.root", "file:" + BenchLake.FOLDER), "#/data/bench/" + OBJECTS.name()),
                    new Lake("  the same in MinIO", inMinio(minio), "#/data/bench/" + OBJECTS.name()),
                    new Lake("%d datasets".formatted(TENANTS * DATASETS_EACH), datasets(), ""));
            Map<Lake, List<Round>> rounds = new LinkedHashMap<>();
            for (int round = 0; round < bench.rounds(); round++) {
                for (Lake lake : lakes) {
                    Round measured = measure(chromium, lake);
                    Bench.say(
                            "round %d, %s: %.2f s, later %.2f s",
                            round + 1, lake.name.strip(), measured.first.seconds, measured.later.seconds);
                    rounds.computeIfAbsent(lake, any -> new ArrayList<>()).add(measured);
                }
            }
            print(rounds);
        }
    }

    private static void print(Map<Lake, List<Round>> rounds) {
        System.out.printf("%npage: until the first records are on the screen%n");
        Figures.row("", "with start", "first visit", "later visit", "bytes", "of answers", "page's heap", "peak RSS", "of queries");
        rounds.forEach((lake, its) -> Figures.row(
                lake.name,
                Figures.seconds(median(its, Round::withStart)),
                Figures.seconds(median(its, round -> round.first.seconds)),
                Figures.seconds(median(its, round -> round.later.seconds)),
                "%.0f kB".formatted(median(its, round -> round.later.bytes) / 1e3),
                "%.0f kB".formatted(median(its, round -> round.later.answers) / 1e3),
                "%.1f MB".formatted(median(its, round -> round.later.heapBytes) / 1e6),
                "%.0f MB".formatted(median(its, Round::peakBytes) / 1e6),
                "%.0f MB".formatted(median(its, Round::cellBytes) / 1e6)));
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return Bench.median(rounds, value);
    }

    // -- One process

    private Round measure(Chromium chromium, Lake lake) throws IOException, InterruptedException {
        int port = TestTools.freePort();
        Map<String, String> settings = new LinkedHashMap<>(lake.settings);
        settings.put("server.port", String.valueOf(port));
        Path log = Bench.WORK.resolve("connector.log");
        ProcessBuilder builder = bench.launcher.asInTheImage("interactive", settings).redirectError(log.toFile());
        long started = System.currentTimeMillis();
        Process process = builder.start();
        try {
            while (ConnectorAnswers.readiness(port) != 200) {
                if (!process.isAlive()) {
                    throw new IllegalStateException("the connector ended:%n%s".formatted(Files.readString(log)));
                }
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            }
            String url = "http://localhost:%d/%s".formatted(port, lake.place);
            Visit first = visit(chromium, url);
            LockSupport.parkNanos(UNTIL_LISTED_AGAIN.toNanos());
            Visit later = visit(chromium, url);
            // Those that stand ready; one that has ended is not counted.
            double cells = process.descendants().mapToLong(cell -> Processes.peakBytes(cell.pid())).sum();
            return new Round((first.ends - started) / 1000, first, later, Processes.peakBytes(process.pid()), cells);
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static Visit visit(Chromium chromium, String url) {
        try (BrowserContext visitor = chromium.visitor(new Browser.NewContextOptions().setViewportSize(1440, 900))) {
            visitor.addInitScript(WATCH);
            Page page = visitor.newPage();
            page.navigate(url);
            page.waitForFunction("() => window.firstRows");
            Map<?, ?> seen = (Map<?, ?>) page.evaluate(LOOK);
            return new Visit(number(seen, "seconds"), number(seen, "ends"), number(seen, "bytes"), number(seen, "answers"), heap(visitor, page));
        }
    }

    private static double number(Map<?, ?> values, String name) {
        return ((Number) values.get(name)).doubleValue();
    }

    /** What the page holds once its garbage is collected. */
    private static double heap(BrowserContext visitor, Page page) {
        CDPSession session = visitor.newCDPSession(page);
        session.send("HeapProfiler.collectGarbage");
        session.send("Performance.enable");
        for (JsonElement metric : session.send("Performance.getMetrics").getAsJsonArray("metrics")) {
            JsonObject one = metric.getAsJsonObject();
            if (one.get("name").getAsString().equals("JSHeapUsedSize")) {
                return one.get("value").getAsDouble();
            }
        }
        return Double.NaN;
    }

    // -- Lakes

    /** All objects of the wide lake in one hour, the newest, which the page shows by itself. */
    private Map<String, String> wide() throws IOException, SQLException {
        Path partition = WIDE.resolve("bench/wide/data/parquet/year=2026/month=11/day=20/hour=10");
        if (!Files.exists(partition)) {
            Bench.say("making %,d wide records", WideEvents.OBJECTS.stream().mapToInt(Integer::intValue).sum());
            Path making = Files.createDirectories(WIDE.resolve("making"));
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                for (int object = 0; object < WideEvents.OBJECTS.size(); object++) {
                    statement.execute(WideEvents.copy(
                            object, WideEvents.OBJECTS.get(object), making.resolve("bench_wide_%06d.parquet".formatted(object))));
                }
            }
            Files.createDirectories(partition.getParent());
            Files.move(making, partition);
        }
        return bench.settings("lake.root", "file:" + WIDE);
    }

    private static MinioServer objectsInMinio() throws IOException, SQLException {
        BenchLake.make(OBJECTS);
        return BenchLake.inMinio(OBJECTS);
    }

    private Map<String, String> inMinio(MinioServer minio) {
        Map<String, String> settings = bench.settings();
        settings.putAll(BenchLake.settings(minio.endpoint()));
        return settings;
    }

    /** Three objects in each. */
    private Map<String, String> datasets() throws IOException {
        if (!Files.exists(DATASETS)) {
            Bench.say("making %d datasets", TENANTS * DATASETS_EACH);
            Path making = DATASETS.resolveSibling("page-datasets.making");
            Path source = BenchLake.FOLDER.resolve(OBJECTS.folder());
            List<Path> objects;
            try (var files = Files.walk(source)) {
                objects = files.filter(Files::isRegularFile).sorted().limit(3).toList();
            }
            for (int dataset = 0; dataset < TENANTS * DATASETS_EACH; dataset++) {
                Path folder = making.resolve(
                        "tenant-%02d/dataset-%02d/data/parquet".formatted(dataset / DATASETS_EACH, dataset % DATASETS_EACH));
                for (Path object : objects) {
                    Path copy = folder.resolve(source.relativize(object));
                    Files.createDirectories(copy.getParent());
                    Files.copy(object, copy, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            Files.move(making, DATASETS);
        }
        return bench.settings("lake.root", "file:" + DATASETS);
    }
}
