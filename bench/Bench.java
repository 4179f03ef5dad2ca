import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.WideEvents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures the speed of the connector and of DuckDB's own COPY, which does the same work but delivers nothing. Each round measures all cases of a part, so that a busy machine slows all of them; read the ratios.
 *
 * <p>{@code bench/run} starts it in the project's folder and explains the arguments.
 */
public final class Bench {
    static final Path WORK = Path.of("target", "bench").toAbsolutePath();
    static final Path JAR =
            Path.of("target", "bytefreezer-connector.jar").toAbsolutePath();
    static final String TENANT = "bench";
    private static final String START = "the start, and 11 records";
    private static final int[] PARALLEL_OBJECTS = {2, 3, 4, 8};
    private static final Duration LATENCY = Duration.ofMillis(30);

    private static final Dataset MANY = new Dataset("many", 75, 30_000_000);
    private static final Dataset ONE = new Dataset("one", 1, 3_000_000);
    private static final Dataset SMALL = new Dataset("small", 10_000, 1_000_000);
    private static final Dataset JOINED = new Dataset("joined", 20, 4_000_000);
    private static final Dataset JOINED_SMALL = new Dataset("joined-small", 1_000, 1_000_000);
    /** Four times the same objects, so that the start of the process weighs as little as where records keep coming. */
    static final Dataset WIDE = new Dataset("wide", 4 * WideEvents.OBJECTS.size(), 4 * 299_083);
    /** Next to nothing: what is left is the start. */
    static final Dataset WIDE_START = new Dataset("wide-start", 1, 11);

    private final int rounds = Integer.parseInt(System.getenv().getOrDefault("ROUNDS", "3"));
    final Launcher launcher = new Launcher();
    private final Map<String, String> settings;
    private final Map<String, Path> builds = new LinkedHashMap<>();

    /** A lake of one dataset, in packer's layout; its objects are spread over at most so many hours. */
    record Dataset(String name, int objects, long records, int hours) {
        Dataset(String name, int objects, long records) {
            this(name, objects, records, 50);
        }

        String folder() {
            return TENANT + "/" + name + "/data/parquet";
        }
    }

    /**
     * The cost of one run.
     *
     * @param seconds of the work alone
     * @param wallSeconds from the start of the process to its end
     * @param cpuSeconds of all its threads
     * @param peakBytes of resident memory; 0 if it was not a separate process
     * @param sinkCpuSeconds of the process that received the records; 0 if there was none
     */
    record Measured(double seconds, double wallSeconds, double cpuSeconds, double peakBytes, double sinkCpuSeconds) {
        Measured(double seconds, double wallSeconds, double cpuSeconds, double peakBytes) {
            this(seconds, wallSeconds, cpuSeconds, peakBytes, 0);
        }
    }

    record Case(String name, Callable<Measured> run) {}

    private Bench(Map<String, String> settings) {
        this.settings = settings;
        String baseline = System.getenv("BASELINE");
        builds.put("", JAR);
        if (baseline != null) {
            builds.put(" (baseline)", Path.of(baseline).toAbsolutePath());
        }
    }

    /** @param arguments names of parts, none for all; settings of the connector as name=value */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> settings = Arrays.stream(arguments)
                .filter(argument -> argument.contains("="))
                .map(argument -> argument.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        List<String> all = List.of("many", "one", "s3", "small", "wide", "lookups", "start", "replicas", "listing", "lanes", "signs", "ingest", "page", "peers");
        List<String> parts = Arrays.stream(arguments)
                .filter(argument -> !argument.contains("="))
                .toList();
        if (!all.containsAll(parts)) {
            System.err.println("bench: the parts are " + String.join(", ", all));
            System.exit(2);
        }
        // Even after an interrupt, no server and no connector stays behind.
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(() -> ProcessHandle.current().children().forEach(ProcessHandle::destroy)));
        Bench bench = new Bench(settings);
        for (String part : parts.isEmpty() ? all : parts) {
            switch (part) {
                case "many" -> bench.folder(MANY);
                case "one" -> bench.folder(ONE);
                case "s3" -> bench.bucket();
                case "small" -> bench.smallObjects();
                case "wide" -> bench.wide();
                case "lookups" -> bench.lookups();
                case "start" -> bench.startUp();
                case "replicas" -> new Replicas(bench).run();
                case "listing" -> new LargeListings(bench).run();
                case "lanes" -> new ManyLanes(bench).run();
                case "signs" -> new FailureMatrix().run();
                case "ingest" -> new Ingest(bench.launcher, settings).run();
                case "page" -> new FirstRows(bench).run();
                default -> new Peers(bench).run();
            }
        }
        System.exit(0);
    }

    /** The jars to measure, by the suffix of a case's name. */
    Map<String, Path> builds() {
        return builds;
    }

    int rounds() {
        return rounds;
    }

    // -- Parts

    /** A dataset in a folder: DuckDB's COPY, and the connector to standard output and to a destination that costs nothing. */
    private void folder(Dataset dataset) throws Exception {
        BenchLake.make(dataset);
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("DuckDB COPY", () -> copy(dataset)));
        builds.forEach((build, jar) -> {
            for (String destination : List.of("stdout", "discard")) {
                cases.add(new Case("connector to " + destination + build, () -> {
                    Map<String, String> its = settings("lake.root", "file:" + BenchLake.FOLDER, "destination.type", destination);
                    return launcher.export(jar, dataset, its);
                }));
            }
        });
        printRates(dataset, "a folder", measure(cases));
    }

    /** The same from MinIO, near and far. */
    private void bucket() throws Exception {
        BenchLake.make(MANY);
        try (S3Server minio = BenchLake.inMinio(MANY)) {
            for (Duration latency : List.of(Duration.ZERO, LATENCY)) {
                try (LatencyProxy proxy = LatencyProxy.start(minio.endpoint(), latency)) {
                    String where = "MinIO, %d ms away".formatted(latency.toMillis());
                    printRates(MANY, where, measure(parallelObjects(MANY, proxy.endpoint())));
                }
            }
        }
    }

    /** Many small objects from MinIO: what an object costs, its commit included. */
    private void smallObjects() throws Exception {
        BenchLake.make(SMALL);
        try (S3Server minio = BenchLake.inMinio(SMALL)) {
            Map<String, Measured> measured = measure(parallelObjects(SMALL, minio.endpoint()));
            System.out.printf("%n%s from MinIO%n", Figures.title(SMALL));
            Figures.row("", "objects/s", "with start", "peak RSS", "CPU");
            measured.forEach((name, run) -> Figures.row(
                    name,
                    Figures.rate(SMALL.objects, run.seconds),
                    Figures.rate(SMALL.objects, run.wallSeconds),
                    Figures.megabytes(run),
                    Figures.cpu(run)));
        }
    }

    /** Records of 450 columns, most of them NULL: rendering and memory. */
    private void wide() throws Exception {
        BenchLake.make(WIDE);
        BenchLake.make(WIDE_START);
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("DuckDB COPY", () -> copy(WIDE)));
        builds.forEach((build, jar) -> {
            for (String nulls : List.of("keep", "omit")) {
                cases.add(new Case("records.nulls=" + nulls + build, () -> {
                    Map<String, String> its = settings("lake.root", "file:" + BenchLake.FOLDER, "destination.type", "discard");
                    its.put("records.nulls", nulls);
                    return launcher.export(jar, WIDE, its);
                }));
            }
            cases.add(new Case(START + build, () -> {
                Map<String, String> its = settings("lake.root", "file:" + BenchLake.FOLDER, "destination.type", "discard");
                return launcher.export(jar, WIDE_START, its);
            }));
        });
        Map<String, Measured> measured = measure(cases);
        double copyCpu = measured.get("DuckDB COPY").cpuSeconds;
        System.out.printf("%n%s from a folder, start included%n", Figures.title(WIDE));
        Figures.row("", "records/s", "with start", "peak RSS", "CPU", "for 1 M", "of COPY's");
        measured.forEach((name, run) -> {
            if (name.startsWith(START)) {
                Figures.row(name, "", "", Figures.megabytes(run), Figures.cpu(run));
            } else {
                Figures.row(
                        name,
                        Figures.rate(WIDE.records, run.seconds),
                        Figures.rate(WIDE.records, run.wallSeconds),
                        Figures.megabytes(run),
                        Figures.cpu(run),
                        Figures.seconds(run.cpuSeconds * 1e6 / WIDE.records),
                        Figures.ratio(run.cpuSeconds / copyCpu));
            }
        });
    }

    /** Records joined with a lookup of a million indicators, all with a match, compared with the same query without it. */
    private void lookups() throws Exception {
        Path lookups = BenchLake.lookups();
        Map<String, String> queries = new LinkedHashMap<>();
        queries.put("without a lookup", "SELECT * FROM events");
        queries.put("INNER JOIN", "SELECT events.*, threat FROM events JOIN ioc ON ioc.ip = source_ip");
        queries.put("LEFT JOIN", "SELECT events.*, threat FROM events LEFT JOIN ioc ON ioc.ip = source_ip");
        queries.put("IN (SELECT …)", "SELECT * FROM events WHERE source_ip IN (SELECT ip FROM ioc)");
        for (Dataset dataset : List.of(JOINED, JOINED_SMALL)) {
            BenchLake.make(dataset);
            List<Case> cases = new ArrayList<>();
            builds.forEach((build, jar) -> queries.forEach((name, sql) -> cases.add(new Case(name + build, () -> {
                Map<String, String> its = settings("lake.root", "file:" + BenchLake.FOLDER, "destination.type", "discard");
                its.put("lookups.folder", lookups.toString());
                its.put("query.sql", sql);
                return launcher.export(jar, dataset, its);
            }))));
            Map<String, Measured> measured = measure(cases);
            Measured plain = measured.values().iterator().next();
            System.out.printf("%n%s from a folder, with 1 M indicators%n", Figures.title(dataset));
            Figures.row("", "records/s", "with start", "peak RSS", "CPU s", "of the first");
            measured.forEach((name, run) -> Figures.row(
                    name,
                    Figures.rate(dataset.records, run.seconds),
                    Figures.rate(dataset.records, run.wallSeconds),
                    Figures.megabytes(run),
                    Figures.seconds(run.cpuSeconds),
                    Figures.ratio(run.cpuSeconds / plain.cpuSeconds)));
        }
    }

    private static void printRates(Dataset dataset, String where, Map<String, Measured> measured) {
        System.out.printf("%n%s from %s%n", Figures.title(dataset), where);
        Bench.Measured copy = measured.get("DuckDB COPY");
        Figures.row(
                "",
                "records/s",
                "with start",
                "peak RSS",
                "CPU",
                copy == null ? "" : "of COPY",
                copy == null ? "" : "its CPU");
        measured.forEach((name, run) -> Figures.row(
                name,
                Figures.rate(dataset.records, run.seconds),
                Figures.rate(dataset.records, run.wallSeconds),
                Figures.megabytes(run),
                Figures.cpu(run),
                copy == null ? "" : Figures.ratio(copy.seconds / run.seconds),
                copy == null ? "" : Figures.ratio(run.cpuSeconds / copy.cpuSeconds)));
    }

    private List<Case> parallelObjects(Dataset dataset, URI endpoint) {
        List<Case> cases = new ArrayList<>();
        builds.forEach((build, jar) -> {
            for (int objects : PARALLEL_OBJECTS) {
                Map<String, String> its = settings("export.parallel-objects", String.valueOf(objects));
                its.putAll(BenchLake.settings(endpoint));
                its.put("destination.type", "discard");
                cases.add(new Case("export.parallel-objects=" + objects + build, () -> launcher.export(jar, dataset, its)));
            }
        });
        return cases;
    }

    /** From the start of the process to the first record of the bundled sample. */
    private void startUp() throws Exception {
        Files.createDirectories(WORK);
        List<Case> cases = new ArrayList<>();
        builds.forEach((build, jar) -> {
            cases.add(new Case("java -jar" + build, () -> launcher.firstRecord(jar, List.of())));
            cases.add(new Case("  class archive" + build, () -> launcher.firstRecord(jar, List.of(launcher.archive(jar)))));
            cases.add(new Case("  and the launcher's options" + build, () -> launcher.firstRecord(jar, launcher.withArchive(launcher.javaFlags, jar))));
        });
        System.out.printf("%nstart: the bundled sample to standard output%n");
        Figures.row("", "1st record", "end", "peak RSS", "CPU");
        measure(cases, Math.max(rounds, 5))
                .forEach((name, run) ->
                        Figures.row(name, Figures.seconds(run.seconds), Figures.seconds(run.wallSeconds), Figures.megabytes(run), Figures.cpu(run)));
    }

    // -- Measuring

    Map<String, Measured> measure(List<Case> cases) throws Exception {
        return measure(cases, rounds);
    }

    private static Map<String, Measured> measure(List<Case> cases, int rounds) throws Exception {
        Map<String, List<Measured>> all = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Case one : cases) {
                Measured run = orFailed(one);
                say("round %d, %s: %s, CPU %s", round + 1, one.name.strip(), Figures.seconds(run.seconds), Figures.cpu(run));
                all.computeIfAbsent(one.name, name -> new ArrayList<>()).add(run);
            }
        }
        Map<String, Measured> medians = new LinkedHashMap<>();
        all.forEach((name, runs) -> medians.put(
                name,
                new Measured(
                        median(runs, Measured::seconds),
                        median(runs, Measured::wallSeconds),
                        median(runs, Measured::cpuSeconds),
                        median(runs, Measured::peakBytes),
                        median(runs, Measured::sinkCpuSeconds))));
        return medians;
    }

    /** A case that fails, for example for lack of memory, is a result too; the others continue. */
    private static Measured orFailed(Case one) throws Exception {
        try {
            return one.run.call();
        } catch (IllegalStateException e) {
            say("%s: %s", one.name.strip(), e.getMessage());
            return new Measured(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
    }

    static <T> double median(List<T> runs, ToDoubleFunction<T> value) {
        double[] sorted = runs.stream().mapToDouble(value).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** In a separate process like the connector, because memory that a process has used before is faster. */
    private static Measured copy(Dataset dataset) throws IOException, InterruptedException {
        String sql =
                "COPY (SELECT * FROM read_parquet('%s/%s/**/*.parquet', hive_partitioning=true, hive_types={%s})) TO '/dev/null' (FORMAT json)"
                        .formatted(
                                BenchLake.FOLDER,
                                dataset.folder(),
                                Stream.of("year", "month", "day", "hour")
                                        .map(name -> name + ": INTEGER")
                                        .collect(Collectors.joining(", ")));
        long before = System.nanoTime();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "Bench$Copy",
                        sql)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Processes.Watched watched = Processes.watch(process);
        double wallSeconds = Processes.secondsSince(before);
        double seconds = Double.parseDouble(
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        return new Measured(seconds, wallSeconds, watched.cpuSeconds(), watched.peakBytes());
    }

    /** Prints the seconds that a statement takes, without DuckDB's own start. */
    static final class Copy {
        public static void main(String[] arguments) throws SQLException {
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                long before = System.nanoTime();
                statement.execute(arguments[0]);
                System.out.println(Processes.secondsSince(before));
            }
        }
    }

    Map<String, String> settings(String... pairs) {
        Map<String, String> result = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            result.put(pairs[i], pairs[i + 1]);
        }
        result.putAll(settings);
        return result;
    }

    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void say(String text, Object... values) {
        System.err.printf("bench: " + text + "%n", values);
    }
}
