package com.bytefreezer.connector;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import com.bytefreezer.connector.app.Command;
import com.bytefreezer.connector.app.CommandOptions;
import com.bytefreezer.connector.app.Connector;
import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.app.SignalStop;
import com.bytefreezer.connector.app.Version;
import com.bytefreezer.connector.app.Workbench;
import com.bytefreezer.connector.config.Environment;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.LegacyCursor;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.kit.Kit;
import com.bytefreezer.connector.kit.Program;
import com.bytefreezer.connector.lane.Schedule;
import com.bytefreezer.connector.log.JsonLayout;
import com.bytefreezer.connector.log.StandardError;
import com.bytefreezer.connector.mcp.Protocol;
import com.bytefreezer.connector.mcp.StdioTransport;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The command line: flags and exit codes of the original connector (docs/contracts.md). 0: delivered, or stopped by a
 * signal in watch mode; 1: anything a person must look at; 2: an unknown flag, or a destination that cannot be
 * certified.
 */
@CommandLine.Command(
        name = "bytefreezer-connector",
        description = "Exports records from a ByteFreezer lake to a destination.",
        versionProvider = Version.class,
        sortOptions = false)
public final class Main implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);
    private static final int FAILED = 1;

    private final Map<String, String> environment;

    @Option(
            names = {"--config", "-config"},
            paramLabel = "FILE",
            description = "settings in YAML, in the original connector's format (default: config.yaml, if it exists)")
    private @Nullable Path config;

    @Option(
            names = {"--mode", "-mode"},
            paramLabel = "MODE",
            defaultValue = "interactive",
            description =
                    "interactive, batch (once, then exit), watch (repeatedly); ingest (only receive and pack) or pack (pack once what has arrived); status, plan or validate (deliver nothing); replay (dead letters, or a range with --from and --to); or mcp (for an agent, over standard input and output) (default: ${DEFAULT-VALUE})")
    private String mode = "interactive";

    @Option(
            names = {"--set", "-set"},
            paramLabel = "NAME=VALUE",
            description = "a setting, e.g. --set destination.type=webhook; may be given several times")
    private Map<String, String> set = new LinkedHashMap<>();

    @Option(
            names = {"--routes", "-routes"},
            paramLabel = "FOLDER",
            defaultValue = "routes",
            description = "where the route files are (default: ${DEFAULT-VALUE})")
    private Path routes = Path.of("routes");

    @Option(
            names = {"--reset-cursor", "-reset-cursor"},
            description = "forget what was delivered; every export starts again")
    private boolean resetCursor;

    @Mixin
    private CommandOptions operator = new CommandOptions();

    @Option(
            names = {"--test-routes", "-test-routes"},
            paramLabel = "FILE",
            description =
                    "play the cases beside the route file of a destination or an input, e.g. mine.camel.yaml and mine.test.yaml; also accepts its name")
    private @Nullable String testRoutes;

    @Option(
            names = {"--certify", "-certify"},
            paramLabel = "DESTINATION",
            description = "show that no record is lost if the destination's server fails in every way")
    private @Nullable String certify;

    @Option(
            names = {"--certify-input", "-certify-input"},
            paramLabel = "INPUT",
            description = "show that what an input or a feed acknowledges is packed, whatever happens")
    private @Nullable String certifyInput;

    @Option(
            names = {"--version", "-version"},
            versionHelp = true,
            description = "print the version and exit")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean version;

    @Option(
            names = {"--help", "-help", "-h"},
            usageHelp = true,
            description = "print this and exit")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    private Main(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Runs the connector and ends the process. */
    public static void main(String[] arguments) {
        // SQL and machine-readable text must not use the digits of a country.
        Locale.setDefault(Locale.ROOT);
        StandardError.take();
        if (asksForJson(arguments)) {
            JsonLayout.use((LoggerContext) LoggerFactory.getILoggerFactory());
        }
        Thread.setDefaultUncaughtExceptionHandler(Main::threadEnded);
        System.exit(commandLine(System.getenv()).execute(arguments));
    }

    /** Runs the connector and gives the exit code. */
    static CommandLine commandLine(Map<String, String> environment) {
        return new CommandLine(new Main(environment)).setExecutionExceptionHandler((exception, commandLine, result) -> {
            LOG.error("{}", Failures.describe(exception));
            LOG.debug("Not started", exception);
            return FAILED;
        });
    }

    /** After a Java error, other threads may wait for this thread for ever. */
    private static void threadEnded(Thread thread, Throwable failure) {
        if (!(failure instanceof Error)) {
            LOG.error(
                    "thread {}: {} This is a fault of the connector.",
                    thread.getName(),
                    Failures.describe(failure),
                    failure);
            return;
        }
        LOG.error(
                "thread {}: {} The process ends with {}, because other threads may wait for this one. The next start delivers what it had begun.",
                thread.getName(),
                PlainText.sentence(Failures.describe(failure)),
                FAILED);
        LOG.debug("thread {}", thread.getName(), failure);
        Runtime.getRuntime().halt(FAILED);
    }

    /** Set before the settings are read, because the log reports their problems. */
    private static boolean asksForJson(String[] arguments) {
        return Stream.concat(
                        Stream.of(arguments),
                        Stream.of("", Environment.PREFIX)
                                .map(prefix -> "logging.format=" + System.getenv(prefix + "LOGGING_FORMAT")))
                .anyMatch(text -> text.matches("(--?set=)?logging\\.format=json"));
    }

    @Override
    public Integer call() throws Exception {
        LoggerContext logging = (LoggerContext) LoggerFactory.getILoggerFactory();
        if (testRoutes != null || certify != null || certifyInput != null) {
            // Failures are its purpose; the report lists them.
            logging.getLogger("com.bytefreezer").setLevel(testRoutes != null ? Level.ERROR : Level.OFF);
            Path folder = routes.toAbsolutePath().normalize();
            PrintStream out = StandardError.lines(System.out, PlainText::known);
            if (testRoutes != null) {
                return Kit.testRoutes(folder, testRoutes, out);
            }
            return certifyInput != null
                    ? Kit.certifyInput(Program.ofThisProcess(Main.class), folder, certifyInput, set, out)
                    : Kit.certify(Program.ofThisProcess(Main.class), folder, Objects.requireNonNull(certify), set, out);
        }
        Optional<Mode> known = Mode.of(this.mode);
        if (known.isEmpty()) {
            LOG.error(
                    "Unknown mode: {} (use: batch, watch, interactive, ingest, pack, status, plan, validate, replay, mcp). Not started.",
                    this.mode);
            return FAILED;
        }
        Mode mode = known.get();
        Optional<String> misplaced = operator.misplacedIn(mode);
        if (misplaced.isPresent()) {
            LOG.error(misplaced.get());
            return FAILED;
        }
        set.putAll(operator.settings());
        Settings settings;
        try {
            settings = settings(mode);
        } catch (SettingsException e) {
            e.problems().stream().map(Problem::line).forEach(mode == Mode.VALIDATE ? System.out::println : LOG::error);
            return FAILED;
        }
        Secrets secrets = Secrets.ofProcess();
        settings.secrets().forEach(secrets::add);
        settings.tooShortSecrets()
                .forEach(name -> LOG.warn(
                        "{} has fewer than {} characters and cannot be masked in the log and in stored text. Choose a longer one.",
                        name,
                        Secrets.SHORTEST));
        logging.getLogger("com.bytefreezer").setLevel(Level.toLevel(settings.text("logging.level")));
        List<String> ignored = settings.keysWithoutEffect();
        if (!ignored.isEmpty()) {
            LOG.info(
                    "The configuration file is packer's. These keys of it have no effect (docs/migrate.md): {}.",
                    String.join(", ", ignored));
        }
        if (settings.isSample()) {
            LOG.info(
                    "No lake is set (lake.root, s3.bucket or control.url). The connector uses the bundled sample, samples/lake.");
        }
        Command command = new Command(settings, secrets, operator, StandardError.lines(System.out, PlainText::known));
        return switch (mode) {
            case INTERACTIVE -> serve(settings, secrets, mode);
            case MCP -> converse(settings, secrets);
            case BATCH, WATCH -> export(settings, secrets, mode, lane -> true, () -> {}, connector -> {});
            case INGEST -> ingest(settings, secrets);
            case PACK -> pack(settings, secrets);
            case STATUS -> command.status();
            case PLAN -> command.plan();
            case VALIDATE -> command.validate();
            case REPLAY ->
                command.replay(
                        (range, lanes, scratch, prepare) -> export(range, secrets, mode, lanes, scratch, prepare));
        };
    }

    /**
     * Runs exports.
     *
     * @param scratch closed after the exports by a signal that ends the process; otherwise by the caller
     * @param prepare gets the connector before it starts
     */
    private int export(
            Settings settings,
            Secrets secrets,
            Mode mode,
            Predicate<Lane> lanes,
            AutoCloseable scratch,
            Consumer<Connector> prepare)
            throws Exception {
        if (settings.optional("cursor.url").isEmpty()) {
            LegacyCursor.announce(Path.of(settings.text("cursor.file")));
        }
        Cursor cursor = Cursor.open(settings);
        if (resetCursor) {
            cursor.lanes().reset();
        }
        Connector connector = new Connector(settings, secrets, cursor, mode);
        prepare.accept(connector);
        return run(connector, mode, lanes, scratch);
    }

    /** Until a signal. */
    private static int serve(Settings settings, Secrets secrets, Mode mode) throws Exception {
        Workbench workbench = new Workbench(settings, secrets, mode);
        SignalStop stop = new SignalStop(workbench, () -> {}, 0);
        stop.start(() -> {
            workbench.start();
            return workbench;
        });
        stop.await();
        return 0;
    }

    /** Until a signal. */
    private static int ingest(Settings settings, Secrets secrets) throws Exception {
        if (!settings.fillsLake()) {
            LOG.error("There is no feed in routes/feeds, and no s3source.bucket (docs/ingest.md). Not started.");
            return FAILED;
        }
        return serve(settings, secrets, Mode.INGEST);
    }

    private static int pack(Settings settings, Secrets secrets) throws Exception {
        Feeds feeds = new Feeds(settings, secrets, Mode.PACK);
        SignalStop stop = new SignalStop(feeds, () -> {}, FAILED);
        boolean all = stop.start(feeds::packAll);
        stop.end();
        return all ? 0 : FAILED;
    }

    /** Until the agent closes standard input. */
    private static int converse(Settings settings, Secrets secrets) throws Exception {
        OutputStream out = StandardOutput.take();
        Workbench workbench = new Workbench(settings, secrets);
        Protocol protocol = new SignalStop(workbench, () -> {}, 0)
                .start(() -> workbench.startUnserved().getRegistry().lookupByNameAndType("mcp", Protocol.class));
        new StdioTransport(protocol, System.in, out)
                .serve(Duration.ofSeconds(settings.integer("shutdown.timeout-seconds")));
        // The end of the process closes the rest, even if the agent's signal comes in between.
        return 0;
    }

    /** The original ends a watch with 0 after a signal (docs/contracts.md). */
    private static int run(Connector connector, Mode mode, Predicate<Lane> lanes, AutoCloseable scratch)
            throws Exception {
        boolean watch = mode == Mode.WATCH;
        SignalStop stop = new SignalStop(connector, scratch, watch ? 0 : FAILED);
        Schedule schedule = stop.start(() -> connector.start(lanes));
        if (watch) {
            stop.await();
        }
        schedule.awaitAll();
        stop.end();
        return schedule.allSucceeded() ? 0 : FAILED;
    }

    private Settings settings(Mode mode) throws SettingsException {
        Path folder = routes.toAbsolutePath().normalize();
        RouteFiles files;
        try {
            files = RouteFiles.in(folder);
        } catch (UncheckedIOException e) {
            throw new ConnectorException(
                    "there are no route files in %s.".formatted(folder),
                    Problem.NOT_STARTED,
                    "Start the connector from its own folder, or name the folder of the route files with --routes.",
                    e);
        }
        Path standard = Path.of("config.yaml");
        Path file = config == null && Files.exists(standard) ? standard : config;
        Settings.Sources sources = new Settings.Sources(mode, set, environment, file, Path.of(""), files);
        if (Settings.wantsJsonLog(sources)) {
            JsonLayout.use((LoggerContext) LoggerFactory.getILoggerFactory());
        }
        RouteFiles known = files;
        try {
            Settings settings = Settings.load(sources);
            known = settings.routes();
            return settings;
        } finally {
            Environment.unknown(environment, known)
                    .forEach(name -> LOG.warn("{} in the environment is not a setting. Ignored.", name));
        }
    }
}
