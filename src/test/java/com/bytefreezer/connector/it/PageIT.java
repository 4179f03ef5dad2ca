package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.Chromium;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page as a person meets it: the packaged program, a real browser. Screenshots are in {@code target/screenshots}. */
class PageIT {
    private static final Path SCREENSHOTS = TestTools.projectDirectory().resolve(Path.of("target", "screenshots"));
    private static final String FAILED_LOGINS =
            "SELECT timestamp, hostname, source_ip, message FROM events WHERE message LIKE 'Failed password%'";

    /** As the launcher starts it. */
    private static final List<String> LAUNCHER = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private static Chromium chromium;

    @TempDir
    private static Path folder;

    private static ConnectorProcess sample;
    private static String address;
    private static MinioServer minio;
    private static ConnectorProcess onMinio;

    /** Where the records are. */
    private enum Where {
        FOLDER,
        MINIO
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        chromium = Chromium.start();
        PlaywrightAssertions.setDefaultAssertionTimeout(20_000);
        Files.createDirectories(SCREENSHOTS);
        Routes.copyTo(folder.resolve("routes"));
        sample = connector();
        address = sample.link();
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable one : Arrays.asList(sample, onMinio, minio)) {
            if (one != null) {
                one.close();
            }
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    /** No page of any test may throw, break its own policy, or open a dialog. */
    @AfterEach
    void nothingWentWrongInThePage() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        assertThat(faults).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void anAnalystFindsFailedLoginsSeesThePayloadAndExportsThemOnce(Where where) {
        try (WebhookServer sink = WebhookServer.start()) {
            Page page = open(address(where));
            assertThat(page.locator(".tree a").first()).isVisible();
            shoot(page, "start");
            double before = now(page);
            dataset(page, "syslog").click();
            assertThat(page.locator(".cell").first()).isVisible();
            System.err.printf(
                    "page, %s: %.0f ms from the click on a dataset to its first records%n", where, now(page) - before);
            assertThat(page.locator(".timeline .bar").first()).isVisible();
            shoot(page, "records");

            page.getByText("All", new Page.GetByTextOptions().setExact(true)).click();
            ask(page, FAILED_LOGINS);
            assertThat(page.locator(".cost")).containsText("400 records");

            choose(page, "webhook", Map.of("url", sink.url().toString()));
            button(page, "Check").click();
            assertThat(page.locator(".verdict.good")).isVisible();
            button(page, "Preview payload").click();
            Locator body = page.locator(".payload .body").first();
            assertThat(body).containsText("Failed password");
            String promised = body.textContent();
            shoot(page, "payload");

            button(page, "Export once").click();
            assertThat(page.locator(".run.succeeded")).isVisible();
            assertThat(page.locator(".run .balance"))
                    .hasText("400 selected = 400 accepted + 0 duplicates + 0 dead-lettered");
            shoot(page, "export-once");
            assertThat(sink.records()).hasSize(400).doesNotHaveDuplicates();
            assertThat(sink.requests().stream().map(Request::text)).contains(promised);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aQueryBecomesAnExportThatIsShownBeforeItIsWritten(Where where) throws IOException {
        String name = "logins-from-" + where.name().toLowerCase(Locale.ROOT);
        try (WebhookServer sink = WebhookServer.start()) {
            Page page = open(address(where) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
            assertThat(page.locator(".cost")).containsText("400 records");
            choose(page, "webhook", Map.of("url", sink.url().toString()));
            button(page, "Save as export…").click();
            page.getByLabel("name", new Page.GetByLabelOptions().setExact(true)).fill(name);
            assertThat(page.locator(".file").first()).containsText(name);
            shoot(page, "save-as-export");
            button(page, "Write the file").click();
            assertThat(page.locator(".save .verdict.good")).containsText(name + ".camel.yaml");
            assertThat(Files.readString(folder.resolve("routes/exports/%s.camel.yaml".formatted(name))))
                    .contains("Failed password", name);
            button(page, "Write the file").click();
            assertThat(page.locator(".save .problem")).isVisible();
        }
    }

    @Test
    void aLinkShowsTheSameDatasetRangeAndQuery() {
        Page page = open(address + linkTo("acme/firewall", "SELECT count(*) AS records FROM events", "all"));
        assertThat(page.locator("h1")).containsText("firewall");
        assertThat(page.locator(".cm-content")).containsText("count(*) AS records");
        assertThat(page.locator(".cost")).containsText("1 record");
        assertThat(button(page, "All")).hasAttribute("aria-pressed", "true");
        ask(page, "SELECT 1 AS one");
        assertThat(page.locator(".cell").first()).hasText("1");
        page.goBack();
        assertThat(page.locator(".cm-content")).containsText("count(*) AS records");
    }

    @Test
    void aClickOnAValueFiltersExcludesAndGroups() {
        Page page = open(address + linkTo("acme/syslog", "SELECT hostname, message FROM events", "all"));
        Locator cell = page.locator(".cell").first();
        assertThat(cell).isVisible();
        String host = cell.textContent();
        cell.click();
        assertThat(page.locator(".value-menu")).containsText(host);
        shoot(page, "value-menu");
        button(page, "Filter").click();
        assertThat(page.locator(".cm-content")).containsText("WHERE hostname = '" + host + "'");
        assertThat(page.locator(".row").nth(1).locator(".cell").first()).hasText(host);
        page.locator(".cell").first().click();
        button(page, "Group by").click();
        assertThat(page.locator(".cost")).containsText("1 record");
        page.getByRole(AriaRole.TAB, new Page.GetByRoleOptions().setName("Chart"))
                .click();
        assertThat(page.locator(".chart .bars")).containsText(host);
    }

    @Test
    void columnsHaveProfilesAndTheChartCounts() {
        Page page = open(address + linkTo("acme/syslog", "SELECT * FROM events", "all"));
        assertThat(page.locator(".cell").first()).isVisible();
        page.locator(".columns")
                .getByText("hostname", new Locator.GetByTextOptions().setExact(true))
                .click();
        assertThat(page.locator(".profile")).containsText("distinct");
        page.locator("[data-tab=chart]").click();
        assertThat(page.locator(".over-time .bar").first()).isAttached();
        shoot(page, "chart");
        page.locator("[data-tab=plan]").click();
        shoot(page, "plan");
    }

    @Test
    void anErrorOfTheSqlIsMarkedWhereItIs() {
        Page page = open(address + linkTo("acme/syslog", null, null));
        ask(page, "SELECT message\nFROM events\nWHERE nosuchcolumn = 1");
        assertThat(page.locator(".result .problem")).containsText("nosuchcolumn");
        assertThat(page.locator(".cm-lintRange-error")).containsText("nosuchcolumn");
        shoot(page, "sql-error");
    }

    @Test
    void aSlowQueryIsCancelledAndTheNextOneAnswers() {
        Page page = open(address + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".cell").first()).isVisible();
        ask(
                page,
                "SELECT count(*) FROM events a, events b, events c, events d WHERE a.message || b.message < c.message");
        button(page, "Cancel").click();
        assertThat(page.locator(".result")).containsText("Cancelled");
        shoot(page, "cancelled");
        ask(page, "SELECT count(*) AS records FROM events");
        assertThat(page.locator(".cost")).containsText("1 record");
    }

    @Test
    void twoTabsWorkOnTwoDatasetsAtOnce() {
        Page one =
                open(address + linkTo("acme/syslog", "SELECT DISTINCT 'syslog' AS which, count(*) FROM events", "all"));
        Page other = open(
                address + linkTo("acme/firewall", "SELECT DISTINCT 'firewall' AS which, count(*) FROM events", "all"));
        for (int turn = 0; turn < 5; turn++) {
            run(one).click();
            run(other).click();
            assertThat(one.locator(".cell").first()).hasText("syslog");
            assertThat(other.locator(".cell").first()).hasText("firewall");
        }
        assertThat(one.locator(".columns")).containsText("message");
        assertThat(other.locator(".columns")).not().containsText("message");
    }

    @Test
    void aDestinationThatIsDownIsToldInOneLine() {
        Page page = open(address + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        choose(page, "webhook", Map.of("url", "http://127.0.0.1:" + TestTools.freePort()));
        button(page, "Check").click();
        assertThat(page.locator(".verdict.bad")).isVisible();
        button(page, "Export once").click();
        assertThat(page.locator(".run.failed")).isVisible();
        assertThat(page.locator(".run")).containsText("0 accepted");
        shoot(page, "destination-down");
    }

    @Test
    void noTextOfARecordOrAColumnIsEverMarkup() {
        ParquetLake lake = ParquetLake.in(folder.resolve("hostile"));
        lake.object("year=2026/month=11/day=20/hour=01/a.parquet", """
                SELECT '<script>window.hit=1</script>' AS "<script>window.hit=2</script>",
                    '<img src=x onerror="window.hit=3">' AS "<img src=x onerror='window.hit=4'>",
                    '"'' > <b>bold</b> & &lt;' AS "quo""ted' > name",
                    {'<i>key</i>': ['<svg onload=window.hit=5>']} AS "<b>nested</b>",
                    'javascript:window.hit=6' AS "__proto__"
                FROM range(20)""");
        try (ConnectorProcess connector = connector("--set", "lake.root=file:" + lake.root())) {
            Page page = open(connector.link() + linkTo("acme/events", null, null));
            Locator script =
                    page.locator(".cell", new Page.LocatorOptions().setHasText("<script>window.hit=1</script>"));
            assertThat(script.first()).isVisible();
            assertThat(page.locator(".columns")).containsText("<script>window.hit=2</script>");
            assertThat(page.locator(".cell")
                            .filter(new Locator.FilterOptions().setHasText("javascript:"))
                            .first())
                    .isAttached();
            shoot(page, "hostile");
            for (Locator name : page.locator(".columns .name").all()) {
                name.click();
                assertThat(page.locator(".profile")).containsText("distinct");
            }
            script.first().click();
            assertThat(page.locator(".value-menu pre")).hasText("<script>window.hit=1</script>");
            button(page, "Record").click();
            assertThat(page.locator(".record .json")).containsText("<svg onload=window.hit=5>");
            page.locator("[data-tab=chart]").click();
            assertThat(page.locator(".chart .bars").first()).containsText("<script>");
            page.locator("[data-tab=records]").click();
            script.first().click();
            button(page, "Filter").click();
            assertThat(page.locator(".cost")).containsText("20 records");
            choose(page, "webhook", Map.of("url", "http://127.0.0.1:9/<script>"));
            button(page, "Preview payload").click();
            assertThat(page.locator(".payload .body, .problem").first()).isVisible();
            assertThat(page.evaluate("() => window.hit")).isNull();
            assertThat(page.locator("main script, main img, main i, .side img, .side script")
                            .count())
                    .isZero();
        }
    }

    @Test
    void aHundredThousandRecordsScrollAsFewElements() {
        ParquetLake lake = ParquetLake.in(folder.resolve("large"));
        lake.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 120_000);
        try (ConnectorProcess connector = connector("--set", "lake.root=file:" + lake.root())) {
            Page page = open(connector.link() + linkTo("acme/events", null, null));
            assertThat(page.locator(".cost")).containsText("first 10,000 records");
            button(page, "Show 100,000").click();
            assertThat(page.locator(".cost")).containsText("first 100,000 records");
            // The longest that the page was busy between two frames while it scrolls from end to end.
            Object longest = page.evaluate("""
                    async () => {
                      const grid = document.querySelector('.grid');
                      let longest = 0, last = performance.now();
                      for (let step = 0; step <= 120; step++) {
                        grid.scrollTop = grid.scrollHeight * step / 120;
                        await new Promise(requestAnimationFrame);
                        const time = performance.now();
                        longest = Math.max(longest, time - last);
                        last = time;
                      }
                      return longest;
                    }""");
            System.err.printf("page: at most %.0f ms between frames while 100,000 records scroll%n", number(longest));
            assertThat(page.getByText("message number 99999")).isVisible();
            assertThat(page.locator(".cell").count()).isLessThan(1000);
            assertThat(number(longest)).isLessThan(1000);
            page.locator(".grid-head button").first().click();
            page.locator(".grid-head button").first().click();
            assertThat(page.locator(".cell", new Page.LocatorOptions().setHasText("message number 99999")))
                    .isAttached();
        }
    }

    @Test
    void withoutTheTokenThePageTellsWhereItIs() {
        try (ConnectorProcess connector = connector("--set", "server.token=only-for-friends")) {
            String link = connector.link();
            Page stranger = open(link.replaceAll("\\?.*", ""));
            assertThat(stranger.locator("main")).containsText("A token is needed");
            assertThat(stranger.locator("main")).containsText("link that the connector printed");
            shoot(stranger, "no-token");
            Page friend = open(link);
            assertThat(dataset(friend, "syslog")).isVisible();
            assertThat(friend.url()).doesNotContain("only-for-friends");
        }
    }

    @Test
    void anEmptyLakeTellsWhereItLooked() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        try (ConnectorProcess connector = connector("--set", "lake.root=file:" + empty)) {
            Page page = open(connector.link());
            assertThat(page.locator(".state-title")).containsText("No dataset was found");
            assertThat(page.locator(".tried")).containsText("empty");
            shoot(page, "empty-lake");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHundredObjectsAnswerAtOnceAndQueriesLeaveNoMemoryBehind(Where where) throws Exception {
        ParquetLake lake = ParquetLake.in(folder.resolve("hundred-" + where));
        for (int hour = 0; hour < 100; hour++) {
            lake.numbers(
                    "year=2026/month=11/day=%d/hour=%02d/a.parquet".formatted(1 + hour / 24, hour % 24),
                    hour * 500L,
                    500);
        }
        try (ConnectorProcess connector = where == Where.FOLDER
                ? connector("--set", "lake.root=file:" + lake.root())
                : connector(inBucket("hundred", lake.root()))) {
            Page page = open(connector.link());
            assertThat(dataset(page, "events")).isVisible();
            double clicked = now(page);
            dataset(page, "events").click();
            assertThat(page.locator(".cell").first()).isVisible();
            double shown = now(page);
            button(page, "All").click();
            assertThat(page.locator(".cost")).containsText("100 of 100 objects read");
            System.err.printf(
                    "page, %s, 100 objects: %.0f ms from the click to the first records, %.0f ms to read all objects%n",
                    where, shown - clicked, now(page) - shown);
            ask(page, "SELECT n % 7 AS seventh, count(*) AS records FROM events GROUP BY 1");
            assertThat(page.locator(".cost")).containsText("7 records");
            repeat(connector, 5);
            long afterFew = connector.residentMegabytes();
            repeat(connector, 45);
            long afterMany = connector.residentMegabytes();
            System.err.printf(
                    "page, %s, 100 objects: %d MB resident after 5 queries, %d MB after 50%n",
                    where, afterFew, afterMany);
            assertThat(afterMany).isLessThan(afterFew + 100);
        }
    }

    /** Asks for 10,000 of 50,000 records. */
    private static void repeat(ConnectorProcess connector, int times) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int turn = 0; turn < times; turn++) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(connector.link() + "api/v1/query"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("""
                            {"tenant_id":"acme","dataset_id":"events","sql":"SELECT * FROM events ORDER BY 1 DESC","from":"all"}"""))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("\"row_count\":10000,");
        }
    }

    @Test
    void twoPeopleWithTheTokenWorkAtOnce() {
        try (ConnectorProcess connector = connector("--set", "server.token=only-for-friends")) {
            Page one = open(connector.link() + linkTo("acme/syslog", FAILED_LOGINS, "all"));
            Page other = open(connector.link() + linkTo("acme/firewall", "SELECT count(*) AS n FROM events", "all"));
            for (int turn = 0; turn < 3; turn++) {
                ask(one, FAILED_LOGINS + " LIMIT " + (turn + 1));
                ask(other, "SELECT * FROM events LIMIT " + (turn + 11));
                assertThat(one.locator(".cost")).containsText("%d record".formatted(turn + 1));
                assertThat(other.locator(".cost")).containsText("%d records".formatted(turn + 11));
                button(one, "Export once").click();
                assertThat(one.locator(".run.succeeded .balance")).containsText("%d selected".formatted(turn + 1));
                button(one, "Close").click();
            }
        }
    }

    @Test
    void aControlPlaneThatIsDownIsToldInOneLineAndTriedAgain() {
        int port = TestTools.freePort();
        try (ConnectorProcess connector = connector(
                "--set", "control.url=http://127.0.0.1:" + port,
                "--set", "control.account-id=acme",
                "--set", "control.api-key=never-shown")) {
            Page page = open(connector.link());
            Locator problem = page.locator("main .problem");
            assertThat(problem).containsText("control plane http://127.0.0.1:%d: no answer".formatted(port));
            assertThat(problem).not().containsText("never-shown");
            shoot(page, "control-down");
            button(page, "Try again").click();
            assertThat(problem).containsText("no answer");
        }
    }

    @Test
    void nothingFoundOffersToAskAllPartitions() {
        Page page = open(address + linkTo("acme/syslog", "SELECT * FROM events WHERE message = 'never'", null));
        assertThat(page.locator(".state-title")).hasText(Pattern.compile("0 of \\d+ records match."));
        shoot(page, "no-records");
        button(page, "Ask all partitions").click();
        assertThat(button(page, "All")).hasAttribute("aria-pressed", "true");
        assertThat(page.locator(".state-title")).hasText("0 of 4,000 records match.");
    }

    @Test
    void onAPhoneTheThreeMovesStack() {
        Page page = open(
                new Browser.NewContextOptions().setViewportSize(390, 844),
                address + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                .isLessThanOrEqualTo(390);
        shoot(page, "phone");
    }

    @Test
    void darkColoursFollowTheSystemAndTheButton() {
        Page page = open(
                new Browser.NewContextOptions().setColorScheme(ColorScheme.DARK),
                address + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        String dark = background(page);
        shoot(page, "dark");
        page.getByLabel("Light colours").click();
        assertThat(page.getByLabel("Dark colours")).isVisible();
        assertThat(background(page)).isNotEqualTo(dark);
        page.reload();
        assertThat(page.getByLabel("Dark colours")).isVisible();
    }

    @Test
    void theKeyboardIsEnough() {
        Page page = open(address);
        assertThat(dataset(page, "syslog")).isVisible();
        page.keyboard().press("Control+k");
        page.keyboard().type("fire");
        page.keyboard().press("Enter");
        assertThat(page.locator("h1")).containsText("firewall");
        assertThat(page.locator(".cell").first()).isVisible();
        page.locator(".grid").focus();
        page.keyboard().press("ArrowDown");
        page.keyboard().press("ArrowRight");
        page.keyboard().press("Enter");
        assertThat(page.locator(".value-menu button").first()).isFocused();
        page.keyboard().press("Escape");
        assertThat(page.locator(".grid")).isFocused();
        page.keyboard().press("Space");
        assertThat(page.locator(".record")).containsText("Record 2 of");
        shoot(page, "record");
        page.keyboard().press("Escape");
        assertThat(page.locator(".record")).isHidden();
    }

    @Test
    void anExportShowsItsRunsAndDeliversOrDiscardsItsDeadLetters() {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.replyWhen(request -> request.text().contains("for root from"), Reply.of(400, "root is not wanted"));
            String[] settings = {
                "--set",
                "lake.root=file:samples/lake",
                "--set",
                "query.tenant-id=acme",
                "--set",
                "query.dataset-id=syslog",
                "--set",
                "query.sql=" + FAILED_LOGINS,
                "--set",
                "destination.type=webhook",
                "--set",
                "destination.webhook.url=" + sink.url(),
                "--set",
                "cursor.file=" + folder.resolve("refused.db"),
                "--set",
                "delivery.dead-letters-folder=" + folder.resolve("refused")
            };
            try (ConnectorProcess batch = connector(Stream.concat(Stream.of("--mode", "batch"), Stream.of(settings))
                    .toArray(String[]::new))) {
                assertThat(batch.waitFor(Duration.ofMinutes(1)))
                        .as(batch.standardError())
                        .isZero();
            }
            long accepted = sink.records().size();
            assertThat(accepted).isBetween(1L, 399L);
            try (ConnectorProcess connector = connector(settings)) {
                Page page = open(connector.link() + "#/exports");
                Locator line = page.locator("tbody tr").first();
                assertThat(line).containsText("default → webhook");
                assertThat(line).containsText(String.valueOf(accepted));
                line.getByRole(AriaRole.LINK).click();
                Locator letters = page.locator(".letters");
                assertThat(letters).containsText("root is not wanted");
                assertThat(page.locator(".details .balance"))
                        .hasText("400 selected = %d accepted + 0 duplicates + %d dead-lettered"
                                .formatted(accepted, 400 - accepted));
                letters.locator("summary").first().click();
                assertThat(letters.locator(".json").first()).containsText("for root from");
                shoot(page, "exports");

                letters.locator("input").first().check();
                button(page, "Discard 1 dead letter…").click();
                button(page, "Discard").click();
                assertThat(page.getByText("1 discarded.")).isVisible();
                sink.replyWhen(request -> true, Reply.of(200));
                page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Replay all"))
                        .click();
                assertThat(page.getByText("None: the destination refused no record."))
                        .isVisible();
                assertThat(sink.records()).hasSize(399).doesNotHaveDuplicates();

                button(page, "Reset cursor…").click();
                assertThat(button(page, "Reset cursor")).isDisabled();
                page.getByLabel("Type default/webhook to go on").fill("default/webhook");
                shoot(page, "reset-cursor");
                button(page, "Reset cursor").click();
                assertThat(page.getByText("The cursor is reset.")).isVisible();
            }
        }
    }

    @Test
    void theEditorCompletesColumnsAndFunctionsAndRemembersQueries() {
        Page page = open(address + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".columns")).containsText("hostname");
        page.locator(".cm-content").click();
        page.keyboard().press("Control+a");
        page.keyboard().type("SELECT hostn");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText("hostname");
        page.locator(".cm-tooltip-autocomplete li").first().click();
        assertThat(page.locator(".cm-content")).containsText("SELECT hostname");
        page.keyboard().type(", date_tr");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText("date_trunc");
        shoot(page, "completion");
        page.keyboard().press("Escape");
        ask(page, "SELECT count(*) AS remembered FROM events");
        assertThat(page.locator(".cost")).containsText("1 record");
        page.reload();
        button(page, "History").click();
        assertThat(page.locator(".menu-list")).containsText("remembered");
        page.keyboard().press("Escape");
        button(page, "Examples").click();
        page.locator(".menu-list").getByText("Records per hour").click();
        assertThat(page.locator(".grid-head")).containsText("per_hour");
    }

    @Test
    void draggingOverTheTimelineChoosesWhatIsRead() {
        Page page = open(address + linkTo("acme/syslog", "SELECT count(*) AS records FROM events", null));
        assertThat(page.locator(".cost")).containsText("1 of 12 objects read");
        BoundingBox timeline = page.locator(".timeline svg").boundingBox();
        page.mouse().move(timeline.x + 2, timeline.y + 20);
        page.mouse().down();
        page.mouse().move(timeline.x + timeline.width / 2, timeline.y + 20);
        page.mouse().up();
        assertThat(page.locator(".cost")).not().containsText("1 of 12 objects read");
        assertThat(page.locator(".cost")).containsText("of 12 objects read");
        assertThat(page.url()).contains("from=2026-11-18T00");
    }

    @Test
    void aConfiguredSecretStaysInTheConnector() {
        try (ConnectorProcess connector = connector(
                "--set", "destination.type=webhook",
                "--set", "destination.webhook.url=http://127.0.0.1:9",
                "--set", "destination.webhook.token=never-shown")) {
            Page page = open(connector.link() + linkTo("acme/syslog", FAILED_LOGINS, null));
            page.locator(".send summary").click();
            Locator token = page.locator("[id='setting-destination.webhook.token']");
            assertThat(token).hasAttribute("type", "password");
            assertThat(token).hasAttribute("placeholder", "configured; empty keeps it");
            button(page, "Save as export…").click();
            assertThat(page.locator(".save .file").first()).isVisible();
            assertThat(page.content()).doesNotContain("never-shown");
        }
    }

    @Test
    void everyScreenKeepsTheRulesOfAccessibility() {
        for (ColorScheme colours : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            Page page = open(
                    new Browser.NewContextOptions().setColorScheme(colours).setViewportSize(1440, 900),
                    address + linkTo("acme/syslog", FAILED_LOGINS, "all"));
            assertThat(page.locator(".cost")).containsText("400 records");
            assertAccessible(page);
            page.locator(".cell").first().click();
            assertAccessible(page);
            page.keyboard().press("Escape");
            page.locator("[data-tab=chart]").click();
            assertAccessible(page);
            button(page, "Preview payload").click();
            assertThat(page.locator(".payload .body")).isVisible();
            button(page, "Save as export…").click();
            assertThat(page.locator(".save .file").first()).isVisible();
            assertAccessible(page);
            ask(page, "SELECT nosuchcolumn FROM events");
            assertThat(page.locator(".result .problem")).isVisible();
            assertAccessible(page);
            page.getByText("Exports").first().click();
            assertThat(page.locator("main table")).isVisible();
            assertAccessible(page);
        }
    }

    private static void assertAccessible(Page page) {
        assertThat(new AxeBuilder(page)
                        .setLegacyMode(true)
                        .withTags(List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa"))
                        .analyze()
                        .getViolations())
                .extracting(rule -> rule.getId() + ": "
                        + rule.getNodes().stream()
                                .map(node -> node.getHtml())
                                .limit(3)
                                .toList())
                .isEmpty();
    }

    @Test
    void thePageIsLightAndPaintsAtOnce() {
        Page page = open(address);
        assertThat(dataset(page, "syslog")).isVisible();
        dataset(page, "syslog").click();
        assertThat(page.locator(".cm-content")).isVisible();
        double weight = number(page.evaluate("""
                () => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                  .filter(entry => !entry.name.includes('/api/'))
                  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""));
        double paint =
                number(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"));
        System.err.printf("page: %.0f kB compressed, first paint after %.0f ms%n", weight / 1000, paint);
        assertThat(weight).isLessThan(600_000);
        assertThat(paint).isLessThan(2_000);
    }

    private Page open(String url) {
        return open(new Browser.NewContextOptions().setViewportSize(1440, 900), url);
    }

    private Page open(Browser.NewContextOptions options, String url) {
        BrowserContext visitor = chromium.visitor(options);
        opened.add(visitor);
        Page page = visitor.newPage();
        page.onPageError(error -> faults.add("threw " + error));
        page.onDialog(dialog -> {
            faults.add("opened the dialog " + dialog.message());
            dialog.dismiss();
        });
        page.onConsoleMessage(message -> {
            // What the API refuses is shown by the page; the browser tells of it too.
            if (message.type().equals("error") && !message.text().startsWith("Failed to load resource")) {
                faults.add(message.text());
            }
        });
        page.onResponse(response -> {
            if (response.status() >= 400 && !response.url().contains("/api/v1/")) {
                faults.add("no such file: " + response.url());
            }
        });
        page.onRequest(request -> {
            if (!request.url().startsWith("http://localhost:") && !request.url().startsWith("blob:")) {
                faults.add("asked another host: " + request.url());
            }
        });
        page.navigate(url);
        return page;
    }

    private static String address(Where where) {
        if (where == Where.FOLDER) {
            return address;
        }
        if (onMinio == null) {
            onMinio = connector(inBucket("lake", TestTools.projectDirectory().resolve("samples/lake")));
        }
        return onMinio.link();
    }

    /** The settings with which the lake of this folder is read from a bucket of MinIO. */
    private static String[] inBucket(String bucket, Path lake) {
        if (minio == null) {
            minio = S3Server.minio();
        }
        minio.createBucket(bucket);
        minio.uploadFolder(bucket, "", lake);
        return Stream.of(
                        "s3.bucket=" + bucket,
                        "s3.endpoint=" + minio.endpoint(),
                        "s3.access-key=" + minio.accessKey(),
                        "s3.secret-key=" + minio.secretKey(),
                        "duckdb.extension-directory=" + TestTools.duckdbExtensions())
                .flatMap(setting -> Stream.of("--set", setting))
                .toArray(String[]::new);
    }

    private static ConnectorProcess connector(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--routes",
                folder.resolve("routes").toString(),
                "--set",
                "server.port=0",
                "--set",
                "delivery.max-retries=0",
                "--set",
                "cursor.file=" + folder.resolve("cursor.db"),
                "--set",
                "delivery.dead-letters-folder=" + folder.resolve("dead-letters")));
        arguments.addAll(List.of(more));
        return ConnectorProcess.start(
                TestTools.projectDirectory(), Map.of(), LAUNCHER, arguments.toArray(String[]::new));
    }

    /** The part of an address after the host. */
    private static String linkTo(String dataset, String sql, String from) {
        return "#/data/%s?%s%s"
                .formatted(
                        dataset,
                        from == null ? "" : "from=" + from + "&",
                        sql == null ? "" : "sql=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
    }

    private static void ask(Page page, String sql) {
        page.locator(".cm-content").click();
        page.keyboard().press("Control+a");
        page.keyboard().insertText(sql);
        page.keyboard().press("Control+Enter");
    }

    private static void choose(Page page, String destination, Map<String, String> settings) {
        page.getByLabel("Destination", new Page.GetByLabelOptions().setExact(true))
                .selectOption(destination);
        settings.forEach((name, value) -> page.locator("[id='setting-destination.%s.%s']".formatted(destination, name))
                .fill(value));
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private static Locator run(Page page) {
        return page.locator(".ask .primary");
    }

    private static Locator dataset(Page page, String name) {
        return page.locator(".tree a", new Page.LocatorOptions().setHasText(name));
    }

    private static String background(Page page) {
        return (String) page.evaluate("() => getComputedStyle(document.body).backgroundColor");
    }

    private static double now(Page page) {
        return number(page.evaluate("() => performance.now()"));
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }

    private static void shoot(Page page, String name) {
        page.evaluate("() => window.scrollTo(0, 0)");
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(name + ".png"))
                .setFullPage(true));
    }
}
