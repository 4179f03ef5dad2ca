package com.bytefreezer.connector.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.FeedBed;
import com.bytefreezer.connector.testing.WebhookServer;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Tag("slow")
class CommandTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @Test
    void thePlanTellsWhatTheNextRunExportsAndWritesNothing() throws Exception {
        assertThat(command(Map.of()).plan()).isZero();

        assertThat(printed())
                .startsWith("default/stdout: row-wise: each record once · 12 objects · 400 records · ~9 batches · ~");
        assertThat(printed())
                .contains("incremental (query.sync=auto): it only filters and projects; reads 12 objects, ");
        assertThat(folder).isEmptyDirectory();
    }

    private static Map<String, String> to(WebhookServer server) {
        return Map.of(
                "destination.type",
                "webhook",
                "destination.webhook.url",
                server.url().toString());
    }

    @Test
    void thePlanKnowsWhatIsDeliveredWhileAnotherProcessHasTheCursor() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            Map<String, String> webhook = to(server);
            TestRun.batch(settings(webhook));
            try (Cursor running = Cursor.open(folder.resolve("cursor.db"), Duration.ofHours(24))) {
                assertThat(running.lanes().knows(new Lane("default", "webhook")))
                        .isTrue();
                command(webhook).plan();
                assertThat(printed()).contains("each record once · 0 objects · 0 records · ~0 batches");

                printed.reset();
                command(webhook, "--from=2026-11-19T00:00:00Z", "--to=2026-11-20T00:00:00Z")
                        .plan();
                assertThat(printed())
                        .contains("each record once · ")
                        .doesNotContain(" 0 objects")
                        .doesNotContain(" 12 objects");
            }
        }
    }

    @Test
    void thePlanSaysWhyAQueryNeedsTheWholeDataset() throws Exception {
        command(Map.of("query.sql", "SELECT hostname, count(*) AS n FROM events GROUP BY hostname"))
                .plan();

        assertThat(printed()).contains("the whole dataset at each run, because it uses AGGREGATE · 12 objects with ");
        assertThat(printed()).contains("full (query.sync=auto)");
    }

    @Test
    void theEstimateIsNearWhatTheExportGives() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            Map<String, String> webhook = Map.of(
                    "destination.type",
                    "webhook",
                    "destination.webhook.url",
                    server.url().toString(),
                    "query.sql",
                    "SELECT hostname, message FROM events");
            assertThat(command(webhook, "--json").plan()).isZero();
            long selected = new ObjectMapper()
                    .readTree(printed())
                    .path("default/webhook")
                    .path("selected")
                    .asLong();

            TestRun.batch(settings(webhook));

            assertThat(selected).isEqualTo(server.records().size());
        }
    }

    @Test
    void validSettingsRoutesAndSqlAreSaidToBeSo() throws Exception {
        assertThat(command(Map.of()).validate()).isZero();
        assertThat(printed()).isEqualTo("valid: 1 export\n");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aDestinationIsAskedOnlyIfAPersonWantsIt() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            assertThat(command(to(server), "--check").validate()).isZero();
            assertThat(printed()).contains("note: export default: webhook: ", " can be reached", "valid: 1 export\n");
            assertThat(server.records()).isEmpty();
        }
        Map<String, String> nobody =
                Map.of("destination.type", "webhook", "destination.webhook.url", "http://127.0.0.1:1/");
        printed.reset();
        assertThat(command(nobody).validate()).isZero();
        assertThat(command(nobody, "--check").validate()).isEqualTo(1);
        assertThat(printed()).contains("export default: webhook: ", "refused");
    }

    @Test
    void anUnknownColumnAndASyntaxErrorAreProblems() throws Exception {
        assertThat(command(Map.of("query.sql", "SELECT nosuch FROM events")).validate())
                .isEqualTo(1);
        assertThat(printed()).contains("export default: SQL: line 1, column 8").contains("nosuch");

        printed.reset();
        assertThat(command(Map.of("query.sql", "SELEC 1")).validate()).isEqualTo(1);
        assertThat(printed()).contains("export default: SQL: line 1, column 1");
    }

    @Test
    void anUnreachableLakeIsOnlyANote() throws Exception {
        assertThat(command(Map.of(
                                "lake.root",
                                "file:" + folder.resolve("none"),
                                "query.tenant-id",
                                "a",
                                "query.dataset-id",
                                "b",
                                "query.sql",
                                "SELECT 1 AS one FROM events"))
                        .validate())
                .isZero();
        assertThat(printed()).contains("note: export default: its SQL could not be checked with data: lake.root");
    }

    @Test
    void aRouteThatNamesNothingThatExistsIsAProblem() throws Exception {
        Path routes = folder.resolve("routes");
        Routes.copyTo(routes);
        Path stdout = routes.resolve("destinations/stdout.camel.yaml");
        Files.writeString(stdout, Files.readString(stdout).replace("standardOutput", "standardInput"));

        Settings settings = TestRun.settings(folder, routes, Map.of());
        assertThat(new Command(settings, new Secrets(), options(), out()).validate())
                .isEqualTo(1);

        assertThat(printed().lines()).anyMatch(line -> line.startsWith("routes: ") && line.contains("standardInput"));
    }

    @Test
    void aMisspeltMarkOfASettingIsANote() throws Exception {
        Path routes = folder.resolve("routes");
        Routes.copyTo(routes);
        Path webhook = routes.resolve("destinations/webhook.camel.yaml");
        Files.writeString(webhook, Files.readString(webhook).replaceFirst("\\[address]", "[adress]"));

        Settings settings = TestRun.settings(
                folder,
                routes,
                Map.of("destination.type", "webhook", "destination.webhook.url", "http://127.0.0.1:1/"));
        assertThat(new Command(settings, new Secrets(), options(), out()).validate())
                .isZero();

        assertThat(printed())
                .contains(
                        "note: destination.webhook.url: [adress] is not a mark and has no effect. Did you mean address?");
    }

    @Test
    void aRangeIsExportedAgainAndTheCursorStaysAsItIs() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            Map<String, String> webhook = to(server);
            TestRun.batch(settings(webhook));
            byte[] before = Files.readAllBytes(folder.resolve("cursor.db"));

            int code = command(webhook, "--from=2026-11-19T00:00:00Z", "--to=2026-11-20T00:00:00Z")
                    .replay((settings, lanes, scratch, prepare) ->
                            TestRun.batch(settings).succeeded() ? 0 : 1);

            assertThat(code).isZero();
            assertThat(server.records()).hasSizeBetween(401, 799);
            assertThat(Files.readAllBytes(folder.resolve("cursor.db"))).isEqualTo(before);
        }
    }

    @Test
    void statusIsATableAndCanBeJson() throws Exception {
        Map<String, String> noFeeds =
                Map.of("spool.folder", folder.resolve("none").toString());
        assertThat(command(noFeeds).status()).isZero();
        assertThat(printed().lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactly(
                        "EXPORT STATE LAG LAST SUCCESS SELECTED ACCEPTED DUPLICATES DEAD LETTERS LAST ERROR",
                        "default/stdout never - - 0 0 0 0 -");

        printed.reset();
        command(Map.of(), "--json").status();
        assertThat(new ObjectMapper()
                        .readTree(printed())
                        .at("/exports/0/dataset_id")
                        .asText())
                .isEqualTo("syslog");
    }

    @Test
    void statusShowsFeedsAndPacksThatAnotherProcessRuns() throws Exception {
        FeedBed bed = new FeedBed(folder.resolve("bed"));
        bed.feed("auth", Map.of("input", "tcp", "port", "0"));
        bed.feed(
                "gone", Map.of("input", "file", "folder", folder.resolve("none").toString()));
        Map<String, String> given =
                Map.of("data.folder", folder.resolve("bed").toString(), "pack.timeout-seconds", "3600");
        try (Feeds feeds = bed.start(Map.of())) {
            try (Socket sender = new Socket(InetAddress.getLoopbackAddress(), feeds.port("auth"))) {
                sender.getOutputStream().write("{}\n".getBytes(StandardCharsets.UTF_8));
            }
            Await.until("the event", () -> bed.spooled("auth").size() == 1);
            Await.until("its state is written down", () -> status(bed, given).contains("gone failing"));
            assertThat(status(bed, given))
                    .contains("FEED STATE INPUT ADDRESS PROBLEM")
                    .contains("auth listening tcp 127.0.0.1:%d -".formatted(feeds.port("auth")))
                    .contains("gone failing file", "none")
                    .contains("DATASET LAST EVENT RECEIVED PACKED DROPPED DEAD LETTERS SPOOLED SPOOL BYTES OLDEST "
                            + "SPOOLED LAST PACK FAILED")
                    .contains("acme/auth TIME 1 0 0 0 1");
            printed.reset();
            assertThat(command(bed.routes(), given, "--json").status()).isOne();
            JsonNode json = new ObjectMapper().readTree(printed());
            assertThat(json.at("/feeds/0/spooled").asInt()).isOne();
            assertThat(json.at("/files/0/name").asText()).isEqualTo("auth");
            printed.reset();
            command(bed.routes(), given).plan();
            assertThat(printed()).containsPattern("pack of dataset acme/auth: 1 event, [0-9]+ bytes, by 20");
        }
        assertThat(status(bed, given)).contains("auth not running");
        // The tenant's folder is none, so the pack fails.
        Files.writeString(folder.resolve("bed/lake/acme"), "");
        assertThat(bed.packAll()).isFalse();
        assertThat(status(bed, given)).contains("1 events are not in the lake");
    }

    private String status(FeedBed bed, Map<String, String> given) {
        printed.reset();
        try {
            command(bed.routes(), given).status();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return printed().replaceAll(" +", " ").replaceAll("2\\S+Z", "TIME");
    }

    @Test
    void anExportThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> command(Map.of(), "--export=nosuch").status())
                .isInstanceOf(ConnectorException.class)
                .hasMessage("there is no export nosuch. Nothing was done. There are: default/stdout.");
    }

    @Test
    void anOptionOfAnotherModeIsRefused() {
        assertThat(options("--from=2026-11-19T00:00:00Z").misplacedIn(Mode.BATCH))
                .contains("--from and --to: only for --mode plan or replay. Not started.");
        assertThat(options("--rate=5").misplacedIn(Mode.WATCH)).isPresent();
        assertThat(options("--rate=5").misplacedIn(Mode.REPLAY)).isEmpty();
    }

    @Test
    void aNamedDestinationIsPlannedAndValidatedLikeAnyOther() throws Exception {
        Map<String, String> named = Map.of(
                "destination.type", "siem-prod",
                "destinations.siem-prod.kind", "elasticsearch",
                "destinations.siem-prod.url", "http://127.0.0.1:1",
                "destinations.siem-prod.index", "{dataset}");

        assertThat(command(named).plan()).isZero();
        assertThat(printed())
                .startsWith("default/siem-prod: row-wise")
                .contains("siem-prod: each record once in one index");
        printed.reset();
        assertThat(command(named).validate()).isZero();
        assertThat(printed()).isEqualTo("valid: 1 export\n");
        printed.reset();
        Map<String, String> wrong = new TreeMap<>(named);
        // The check of names is that of the kind.
        wrong.put("destinations.siem-prod.index", "{dataset}-" + "x".repeat(250));
        assertThat(command(wrong).validate()).isNotZero();
        assertThat(printed()).contains("export default: ");
    }

    private Command command(Path routes, Map<String, String> given, String... arguments) throws SettingsException {
        Map<String, String> all = new TreeMap<>(settings(Map.of()).asMap());
        all.putAll(given);
        CommandOptions options = options(arguments);
        all.putAll(options.settings());
        // By the data folder.
        all.keySet().removeIf(name -> name.equals("spool.folder") || name.equals("feeds.dead-letters-folder"));
        Settings now =
                Settings.load(new Settings.Sources(Mode.STATUS, all, Map.of(), null, null, RouteFiles.in(routes)));
        return new Command(now, new Secrets(), options, out());
    }

    private Command command(Map<String, String> given, String... arguments) {
        CommandOptions options = options(arguments);
        Map<String, String> all = new TreeMap<>(given);
        all.putAll(options.settings());
        return new Command(settings(all), new Secrets(), options, out());
    }

    private static CommandOptions options(String... arguments) {
        CommandOptions options = new CommandOptions();
        // picocli wants a command around them.
        CommandLine commandLine = new CommandLine(CommandLine.Model.CommandSpec.create()
                .addMixin("options", CommandLine.Model.CommandSpec.forAnnotatedObject(options)));
        commandLine.parseArgs(arguments);
        return options;
    }

    private Settings settings(Map<String, String> given) {
        return TestRun.settings(folder, given);
    }

    private PrintStream out() {
        return new PrintStream(printed, true, StandardCharsets.UTF_8);
    }

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }
}
