package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.Chromium;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.assertions.LocatorAssertions;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
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
    private static final String TOKEN = "only-for-friends";
    private static final Path SAMPLE = TestTools.projectDirectory().resolve("samples/lake");
    private static final Path SCREENSHOTS = TestTools.projectDirectory().resolve(Path.of("target", "screenshots"));
    private static final String FAILED_LOGINS =
            "SELECT timestamp, hostname, source_ip, message FROM events WHERE message LIKE 'Failed password%'";

    private static final String ENDLESS =
            "SELECT count(*) FROM events a, events b, events c, events d WHERE a.message || b.message < c.message";

    private static Chromium chromium;

    @TempDir
    private static Path folder;

    /** The bundled sample as tenant acme, and what other tests need as further tenants; in the folder, and in MinIO. */
    private static Path lake;

    private static MinioServer minio;
    private static final Map<Where, ConnectorProcess> connectors = new EnumMap<>(Where.class);

    /**
     * Where the records are. The connector that reads them from MinIO asks for a token. A test has both where the place
     * may matter to what a person sees, else the folder alone.
     */
    private enum Where {
        FOLDER,
        MINIO
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        chromium = Chromium.start();
        PlaywrightAssertions.setDefaultAssertionTimeout(20_000);
        Files.createDirectories(SCREENSHOTS);
        Routes.copyTo(folder.resolve("routes"));
        minio = S3Server.minio();
        minio.createBucket("lake");
        lake = Files.createDirectory(folder.resolve("lake"));
        addToLake("acme", SAMPLE.resolve("acme"));
        addToLake("hostile", hostile());
        addToLake("large", large());
        addToLake("hundred", hundredObjects());
        connectors.put(Where.FOLDER, connector("--set", "lake.root=file:" + lake));
        connectors.put(Where.MINIO, connector(with(inBucket("lake"), "server.token=" + TOKEN)));
    }

    private static void addToLake(String tenant, Path datasets) throws IOException {
        Files.createSymbolicLink(lake.resolve(tenant), datasets);
        minio.uploadFolder("lake", tenant, datasets);
    }

    private static Path hostile() {
        ParquetLake made = ParquetLake.in(folder.resolve("hostile"));
        made.object("year=2026/month=11/day=20/hour=01/a.parquet", """
                SELECT '<script>window.hit=1</script>' AS "<script>window.hit=2</script>",
                    '<img src=x onerror="window.hit=3">' AS "<img src=x onerror='window.hit=4'>",
                    '"'' > <b>bold</b> & &lt;' AS "quo""ted' > name",
                    {'<i>key</i>': ['<svg onload=window.hit=5>']} AS "<b>nested</b>",
                    'javascript:window.hit=6' AS "__proto__"
                FROM range(20)""");
        return made.root().resolve("acme");
    }

    private static Path large() {
        ParquetLake made = ParquetLake.in(folder.resolve("large"));
        made.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 120_000);
        return made.root().resolve("acme");
    }

    private static Path hundredObjects() {
        ParquetLake made = ParquetLake.in(folder.resolve("hundred"));
        for (int hour = 0; hour < 100; hour++) {
            made.numbers(
                    "year=2026/month=11/day=%d/hour=%02d/a.parquet".formatted(1 + hour / 24, hour % 24),
                    hour * 500L,
                    500);
        }
        return made.root().resolve("acme");
    }

    @AfterAll
    static void stop() throws Exception {
        for (ConnectorProcess connector : connectors.values()) {
            connector.close();
        }
        for (AutoCloseable one : Arrays.asList(minio, chromium)) {
            if (one != null) {
                one.close();
            }
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
            assertThat(page.locator(".run .balance")).isInViewport();
            shoot(page, "export-once");
            assertThat(sink.records()).hasSize(400).doesNotHaveDuplicates();
            assertThat(sink.requests().stream().map(Request::text)).contains(promised);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anExportIsStoppedInTheMiddleAndItsBalanceIsWhatTheDestinationHas(Where where) {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.reply(Reply.of(200).after(Duration.ofMillis(200)));
            Page page = open(address(where) + linkTo("large/events", "SELECT n FROM events", "all"));
            assertThat(page.locator(".cell").first()).isVisible();
            choose(page, "webhook", Map.of("url", sink.url().toString()));
            button(page, "Export once").click();
            assertThat(page.locator(".run.running")).containsText(Pattern.compile(", [1-9][0-9,]* records accepted"));
            page.reload();
            assertThat(page.locator(".run.running")).containsText("large / events → webhook");
            assertThat(button(page, "Export once")).isDisabled();
            shoot(page, "export-running");
            button(page, "Stop").click();
            assertThat(page.locator(".run.cancelled")).isVisible();
            assertThat(sink.records()).hasSizeBetween(1, 119_000).doesNotHaveDuplicates();
            assertThat(page.locator(".run .balance"))
                    .hasText("%1$,d selected = %1$,d accepted + 0 duplicates + 0 dead-lettered"
                            .formatted(sink.records().size()));
        }
    }

    @Test
    void whatAnExportOnceRefusedIsShownWithItsReason() {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.replyWhen(request -> request.text().contains("for root from"), Reply.of(400, "root is not wanted"));
            Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
            assertThat(page.locator(".cost")).containsText("400 records");
            choose(page, "webhook", Map.of("url", sink.url().toString()));
            button(page, "Export once").click();
            assertThat(page.locator(".run.succeeded")).isVisible();
            page.locator(".run summary")
                    .filter(new Locator.FilterOptions().setHasText("dead letters"))
                    .click();
            Locator letter = page.locator(".run .letters li").first();
            assertThat(letter).containsText("root is not wanted");
            letter.locator("summary").click();
            assertThat(letter.locator(".json")).containsText("for root from");
            page.reload();
            assertThat(page.locator(".run.succeeded .letters li").first()).containsText("root is not wanted");
            shoot(page, "export-refused");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void aQueryBecomesAnExportThatIsShownBeforeItIsWritten(Where where) throws IOException {
        String name = "logins-from-" + where.name().toLowerCase(Locale.ROOT);
        try (WebhookServer sink = WebhookServer.start()) {
            Page page = open(address(where) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
            assertThat(page.locator(".cost")).containsText("400 records");
            choose(page, "webhook", Map.of("url", sink.url().toString()));
            assertThat(page.locator(".sentence")).containsText("12 objects · 400 records · ");
            page.locator("[data-tab=plan]").click();
            assertThat(page.locator(".plan dl")).containsText("Records selected400");
            button(page, "Save as export…").click();
            Locator field = page.getByLabel("name", new Page.GetByLabelOptions().setExact(true));
            assertThat(field).isFocused();
            assertThat(field).isInViewport();
            field.fill(name);
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
    void aLinkRunsNoQueryUntilAPersonDoes() {
        Page page = openLink(
                new Browser.NewContextOptions(),
                address(Where.FOLDER) + linkTo("acme/syslog", "SELECT count(*) AS records FROM events", "all"));
        assertThat(page.locator(".cm-content")).containsText("count(*) AS records");
        assertThat(page.locator(".workspace")).containsText("This query came with the link");
        assertThat(page.locator(".facts").first()).containsText("12 objects");
        assertThat(button(page, "Export once")).isDisabled();
        assertThat(asked).doesNotContain("POST /api/v1/query", "POST /api/v1/plan", "POST /api/v1/preview");

        run(page).click();
        assertThat(page.locator(".cost")).containsText("1 record");
        page.reload();
        assertThat(page.locator(".cost")).containsText("1 record");
    }

    @Test
    void aLinkThatIsCutOffSaysSo() {
        String address = address(Where.FOLDER);
        Page page = open(address + "#/data/acme/syslog?from=2026-1");
        assertThat(page.locator(".workspace")).containsText("The link is incomplete");
        assertThat(page.locator(".cell").first()).isVisible();
        page.navigate(address + "#/data/acme/sys");
        assertThat(page.locator("main")).containsText("There is no dataset acme / sys");
        page.navigate(address + "#/data/ac%E0%A4%A");
        assertThat(page.locator("main")).containsText("Pick");
    }

    @Test
    void whatIsTypedSurvivesAReloadAndALink() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".cell").first()).isVisible();
        page.locator(".cm-content").click();
        page.keyboard().press("Control+a");
        page.keyboard().insertText("SELECT 'half a thought");
        page.reload();
        assertThat(page.locator(".cm-content")).containsText("half a thought");

        page.navigate(address(Where.FOLDER) + linkTo("acme/firewall", null, null));
        assertThat(page.locator("h1")).containsText("firewall");
        page.navigate(address(Where.FOLDER) + linkTo("acme/syslog", "SELECT 1 AS one FROM events", null));
        assertThat(page.locator(".cm-content")).containsText("AS one");
        button(page, "History").click();
        assertThat(page.locator(".menu-list")).containsText("half a thought");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void aLinkShowsTheSameDatasetRangeAndQuery(Where where) {
        Page page = open(address(where) + linkTo("acme/firewall", "SELECT count(*) AS records FROM events", "all"));
        assertThat(page.locator("h1")).containsText("firewall");
        assertThat(page.locator(".cm-content")).containsText("count(*) AS records");
        assertThat(page.locator(".cost")).containsText("1 record");
        assertThat(button(page, "All")).hasAttribute("aria-pressed", "true");
        ask(page, "SELECT 1 AS one");
        assertThat(page.locator(".cell").first()).hasText("1");
        page.goBack();
        assertThat(page.locator(".cm-content")).containsText("count(*) AS records");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void aClickOnAValueFiltersExcludesAndGroups(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", "SELECT hostname, message FROM events", "all"));
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

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void columnsHaveProfilesAndTheChartCounts(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", "SELECT * FROM events", "all"));
        assertThat(page.locator(".cell").first()).isVisible();
        page.locator(".columns")
                .getByText("hostname", new Locator.GetByTextOptions().setExact(true))
                .click();
        assertThat(page.locator(".profile")).containsText("distinct");
        page.locator("[data-tab=chart]").click();
        assertThat(page.locator(".over-time .bar").first()).isAttached();
        shoot(page, "chart");
        ask(page, "SELECT hostname, 100 + count(*) AS hundred_more FROM events GROUP BY ALL");
        assertThat(page.locator(".chart")).containsText("Sum of hundred_more by hostname");
        page.getByLabel("Measure").selectOption("");
        assertThat(page.locator(".chart")).containsText("Records by hostname");
        ask(page, "SELECT * FROM events");
        page.locator("[data-tab=plan]").click();
        shoot(page, "plan");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void anErrorOfTheSqlIsMarkedWhereItIs(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", null, null));
        ask(page, "SELECT message\nFROM events\nWHERE nosuchcolumn = 1");
        assertThat(page.locator(".result .problem")).containsText("nosuchcolumn");
        assertThat(page.locator(".cm-lintRange-error")).containsText("nosuchcolumn");
        shoot(page, "sql-error");
    }

    @Test
    void aQueryIsAskedOnceAlsoWhenTheDatasetIsLookedAtSooner() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", ENDLESS, "all"));
        assertThat(page.locator(".facts").first()).containsText("12 objects");
        button(page, "Cancel").click();
        assertThat(page.locator(".result")).containsText("Cancelled");

        assertThat(asked).filteredOn("POST /api/v1/query"::equals).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void aSlowQueryIsCancelledAndTheNextOneAnswers(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".cell").first()).isVisible();
        ask(page, ENDLESS);
        button(page, "Cancel").click();
        assertThat(page.locator(".result")).containsText("Cancelled");
        shoot(page, "cancelled");
        ask(page, "SELECT count(*) AS records FROM events");
        assertThat(page.locator(".cost")).containsText("1 record");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void twoTabsWorkOnTwoDatasetsAtOnce(Where where) {
        Page one = open(address(where)
                + linkTo("acme/syslog", "SELECT DISTINCT 'syslog' AS which, count(*) FROM events", "all"));
        Page other = open(address(where)
                + linkTo("acme/firewall", "SELECT DISTINCT 'firewall' AS which, count(*) FROM events", "all"));
        // While the link's own query runs, the button would cancel it.
        assertThat(one.locator(".cell").first()).hasText("syslog");
        assertThat(other.locator(".cell").first()).hasText("firewall");
        for (int turn = 0; turn < 5; turn++) {
            run(one).click();
            run(other).click();
            assertThat(one.locator(".cell").first()).hasText("syslog");
            assertThat(other.locator(".cell").first()).hasText("firewall");
        }
        assertThat(one.locator(".columns")).containsText("message");
        assertThat(other.locator(".columns")).not().containsText("message");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void aDestinationThatIsDownIsToldInOneLine(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        choose(page, "webhook", Map.of("url", "http://127.0.0.1:" + TestTools.freePort()));
        button(page, "Check").click();
        assertThat(page.locator(".verdict.bad")).isVisible();
        button(page, "Export once").click();
        assertThat(page.locator(".run.failed")).isVisible();
        assertThat(page.locator(".run")).containsText("0 accepted");
        shoot(page, "destination-down");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void noTextOfARecordOrAColumnIsEverMarkup(Where where) {
        Page page = open(address(where) + linkTo("hostile/events", null, null));
        Locator script = page.locator(".cell", new Page.LocatorOptions().setHasText("<script>window.hit=1</script>"));
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

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void aHundredThousandRecordsScrollAsFewElements(Where where) {
        Page page = open(address(where) + linkTo("large/events", null, null));
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

    @Test
    void noRowAndNoHeadingIsLostByAScroll() {
        Page page = open(address(Where.FOLDER) + linkTo("large/events", null, null));
        assertThat(page.locator(".cost")).containsText("first 10,000 records");
        // What is drawn after each step, down and right and back, must cover all that is visible.
        Object holes = page.evaluate("""
                async () => {
                  const grid = document.querySelector('.grid');
                  const holes = [];
                  for (let step = -20; step <= 20; step++) {
                    grid.scrollTop = (20 - Math.abs(step)) * 600;
                    grid.scrollLeft = (20 - Math.abs(step)) * 40;
                    await new Promise(requestAnimationFrame);
                    await new Promise(requestAnimationFrame);
                    const box = grid.getBoundingClientRect();
                    const heads = [...grid.querySelectorAll('.grid-head > button')];
                    const rows = [...grid.querySelectorAll('.grid-body > .row')];
                    const tops = rows.map((row) => row.getBoundingClientRect().top).sort((a, b) => a - b);
                    const gap = tops.some((top, at) => at > 0 && top - tops[at - 1] > 26.5);
                    const head = grid.querySelector('.grid-head').getBoundingClientRect();
                    if (tops.length < box.height / 26 - 2 || tops[0] > head.bottom + 26
                        || tops[tops.length - 1] < box.bottom - 30 || gap || heads.length === 0
                        || rows.some((row) => row.querySelectorAll('.cell').length !== heads.length)) {
                      holes.push(`step ${step}: ${rows.length} rows, ${heads.length} headings, `
                        + new Set(rows.map((row) => row.querySelectorAll('.cell').length)).size + ' widths');
                    }
                  }
                  return holes;
                }""");
        assertThat((List<?>) holes).isEmpty();
    }

    @Test
    void withoutTheTokenThePageTellsWhereItIs() {
        try (ConnectorProcess connector = connector("--set", "server.token=" + TOKEN)) {
            String link = connector.link() + "?token=" + TOKEN;
            Page stranger = open(connector.link());
            assertThat(stranger.locator("main")).containsText("A token is needed");
            assertThat(stranger.locator("main")).containsText("link that the connector showed");
            shoot(stranger, "no-token");
            Page friend = open(link);
            assertThat(dataset(friend, "syslog")).isVisible();
            assertThat(friend.url()).doesNotContain(TOKEN);
        }
    }

    @Test
    void keysThatTheLakeRefusesAreToldInOneLine() {
        try (ConnectorProcess connector = connector(with(inBucket("lake"), "s3.secret-key=wrong-secret"))) {
            Page page = open(connector.link());
            assertThat(page.locator(".problem")).containsText(Pattern.compile("403.*s3:ListBucket", Pattern.DOTALL));
            shoot(page, "no-permission");
            assertThat(page.content()).doesNotContain("wrong-secret");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyLakeTellsWhereItLooked(Where where) throws IOException {
        String[] empty;
        if (where == Where.FOLDER) {
            empty = with("lake.root=file:" + Files.createDirectories(folder.resolve("empty")));
        } else {
            minio.createBucket("empty");
            empty = inBucket("empty");
        }
        try (ConnectorProcess connector = connector(empty)) {
            Page page = open(connector.link());
            assertThat(page.locator(".state-title")).containsText("No datasets found");
            assertThat(page.locator(".tried")).containsText("empty");
            shoot(page, "empty-lake");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHundredObjectsAnswerAtOnceAndQueriesLeaveNoMemoryBehind(Where where) throws Exception {
        Page page = open(address(where));
        Locator hundred = page.locator(".tree a[href='#/data/hundred/events']");
        assertThat(hundred).isVisible();
        double clicked = now(page);
        hundred.click();
        assertThat(page.locator(".cell").first()).isVisible();
        double shown = now(page);
        button(page, "All").click();
        assertThat(page.locator(".cost")).containsText("100 of 100 objects read");
        System.err.printf(
                "page, %s, 100 objects: %.0f ms from the click to the first records, %.0f ms to read all objects%n",
                where, shown - clicked, now(page) - shown);
        ask(page, "SELECT n % 7 AS seventh, count(*) AS records FROM events GROUP BY 1");
        assertThat(page.locator(".cost")).containsText("7 records");
        ConnectorProcess connector = connectors.get(where);
        repeat(connector, 5);
        long afterFew = connector.residentMegabytes();
        repeat(connector, 45);
        long afterMany = connector.residentMegabytes();
        System.err.printf(
                "page, %s, 100 objects: %d MB resident after 5 queries, %d MB after 50%n", where, afterFew, afterMany);
        assertThat(afterMany).isLessThan(afterFew + 100);
    }

    /** Asks for 10,000 of 50,000 records. */
    private static void repeat(ConnectorProcess connector, int times) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int turn = 0; turn < times; turn++) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create(connector.link()).resolve("/api/v1/query"))
                    .header("Authorization", "Bearer " + TOKEN)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("""
                            {"tenant_id":"hundred","dataset_id":"events","sql":"SELECT * FROM events ORDER BY 1 DESC","from":"all"}"""))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("\"row_count\":10000,");
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void twoPeopleWorkAtOnce(Where where) {
        Page one = open(address(where) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        Page other = open(address(where) + linkTo("acme/firewall", "SELECT count(*) AS n FROM events", "all"));
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

    @ParameterizedTest
    @EnumSource
    void datasetsAreGroupedByTenantNewestActivityFirst(Where where) {
        Page page = open(address(where));
        assertThat(page.locator(".tree h3")).hasText(new String[] {"acme", "hostile", "large", "hundred"});
        Locator syslog = dataset(page, "syslog");
        assertThat(syslog.locator(".aside")).containsText(" ago");
        assertThat(syslog).hasAttribute("title", "syslog: newest partition 2026-11-20 14:00 UTC");
    }

    @Test
    void aControlPlaneThatGoesAwayLeavesWhatIsKnownAndComesBackByItself() {
        try (ControlServer control = ControlServer.start();
                LatencyProxy way = LatencyProxy.start(control.url(), Duration.ZERO)) {
            control.accept();
            control.replyWhen(
                    request -> request.path().startsWith("/api/v1/accounts/an-account/tenants"),
                    Reply.of(200, "{\"items\":[{\"id\":\"acme\",\"name\":\"Acme\"}]}"));
            control.replyWhen(
                    request -> request.path().startsWith("/api/v1/tenants/acme/datasets?"),
                    Reply.of(200, "{\"items\":[{\"id\":\"syslog\"},{\"id\":\"firewall\"}]}"));
            control.grant("acme", "syslog", minio, "lake");
            try (ConnectorProcess connector = connector(with(
                    "control.url=" + way.endpoint(),
                    "control.account-id=an-account",
                    "control.api-key=never-shown",
                    "duckdb.extension-directory=" + TestTools.duckdbExtensions()))) {
                Page page = open(connector.link() + linkTo("acme/syslog", FAILED_LOGINS, "all"));
                assertThat(page.locator(".cost")).containsText("400 records");
                Page other = open(connector.link());
                assertThat(dataset(other, "firewall")).isVisible();

                way.cut();
                ask(page, "SELECT count(*) AS records FROM events");
                assertThat(page.locator(".cost")).containsText("1 record");
                page.reload();
                assertThat(page.locator(".cost")).containsText("1 record");
                Locator note =
                        page.locator(".side .note").filter(new Locator.FilterOptions().setHasText("control plane"));
                assertThat(note).hasCount(1);
                assertThat(note).containsText("The datasets are those known from before.");
                shoot(page, "control-away");
                dataset(other, "firewall").click();
                Locator problem = other.locator(".find .problem");
                assertThat(problem).containsText("no answer");
                assertThat(other.locator("[aria-busy=false]")).isVisible();
                assertThat(other.locator(".problem")).hasCount(1);
                shoot(other, "control-away-unknown");

                control.grant("acme", "firewall", minio, "lake");
                way.heal();
                assertThat(note).hasCount(0);
                assertThat(problem).hasCount(0);
                assertThat(other.locator(".timeline .bar").first()).isVisible();
                assertThat(other.locator(".cost")).containsText("records");
                assertThat(page.content() + other.content()).doesNotContain("never-shown");
            }
        }
    }

    @Test
    void whatThePageLooksAtEndsWhenAnotherDatasetIsOpened() {
        List<String> vast =
                new ArrayList<>(new PackerKeys(100_000, Duration.ofSeconds(86), Instant.parse("2026-11-21T08:59:00Z")));
        vast.add("acme/other/data/parquet/year=2026/month=11/day=20/a.parquet");
        try (SimulatedBucket bucket = SimulatedBucket.start(vast, key -> Instant.EPOCH, new byte[1]);
                // A hundred pages of a listing, so 20 s.
                LatencyProxy slow = LatencyProxy.start(bucket.endpoint(), Duration.ofMillis(200));
                ConnectorProcess connector = connector(with(
                        "s3.bucket=" + SimulatedBucket.NAME,
                        "s3.endpoint=" + slow.endpoint(),
                        "s3.access-key=a",
                        "s3.secret-key=s",
                        "duckdb.extension-directory=" + TestTools.duckdbExtensions(),
                        "server.max-queries=1"))) {
            Page page = open(connector.link() + linkTo("acme/events", null, null));
            Await.until("it is listed", () -> bucket.listings().size() > 10);
            double left = now(page);
            dataset(page, "other").click();
            assertThat(page.locator(".facts").first()).containsText("1 object");
            assertThat(now(page) - left).as("ms for the next dataset").isLessThan(10_000);
        }
    }

    @Test
    void whatAClosedTabWaitedForEnds() {
        try (ConnectorProcess connector = connector(with("lake.root=file:" + lake, "server.max-queries=1"))) {
            Page closed = open(connector.link() + linkTo("acme/syslog", ENDLESS, "all"));
            assertThat(button(closed, "Cancel")).isVisible();
            Page other = open(connector.link() + linkTo("acme/syslog", null, null));
            Await.until("the query of the first tab runs", () -> {
                askAgain(other);
                Locator problem = other.locator(".result .problem");
                return problem.isVisible() && problem.textContent().contains("1 queries run already");
            });

            closed.close();
            Await.until("the query of the closed tab has ended", () -> {
                askAgain(other);
                return other.locator(".cost").isVisible();
            });
        }
    }

    private static void askAgain(Page page) {
        run(page).click();
        page.locator("[aria-busy=false]").waitFor();
    }

    @Test
    void aLongErrorIsOneLineAndTheRestIsFolded() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", null, null));
        String column = "no_such_column_".repeat(20);
        ask(page, "SELECT message FROM events WHERE message = 'x' AND " + column + " = 1");
        Locator message = page.locator(".result .problem details");
        Locator line = message.locator("summary");
        assertThat(line).containsText("…");
        assertThat(line.boundingBox().height).isLessThan(30);
        Locator rest = message.locator("p");
        assertThat(rest).isHidden();
        shoot(page, "long-error");
        line.click();
        assertThat(rest).isVisible();
        assertThat(rest).containsText(column);
    }

    /** As DNS rebinding would do it: a page of another name, whose name now leads to this machine. */
    @ParameterizedTest
    @EnumSource
    void anotherNameOfThisMachineGetsNothing(Where where) throws Exception {
        try (BrowserContext visitor = chromium.visitor(new Browser.NewContextOptions())) {
            Page page = visitor.newPage();
            page.navigate(address(where));
            String other = "http://%s:%d/"
                    .formatted(Chromium.OTHER_NAME, URI.create(address(where)).getPort());
            Response answer = page.navigate(other + "api/v1/datasets");
            assertThat(answer.status()).isEqualTo(where == Where.FOLDER ? 403 : 401);
            assertThat(answer.text()).startsWith("{\"error\":\"").doesNotContain("acme");
            if (where == Where.FOLDER) {
                assertThat(page.navigate(other).status()).isEqualTo(403);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void nothingFoundOffersToAskAllPartitions(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", "SELECT * FROM events WHERE message = 'never'", null));
        assertThat(page.locator(".state-title")).hasText(Pattern.compile("0 of \\d+ records match."));
        shoot(page, "no-records");
        button(page, "Query all partitions").click();
        assertThat(button(page, "All")).hasAttribute("aria-pressed", "true");
        assertThat(page.locator(".state-title")).hasText("0 of 4,000 records match.");
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void onAPhoneTheThreeMovesStack(Where where) {
        Page page = open(
                new Browser.NewContextOptions().setViewportSize(390, 844),
                address(where) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        // What stands above is there, too, so that nothing moves any more.
        assertThat(page.locator(".facts").first()).containsText("12 objects");
        assertThat(page.locator(".sentence")).containsText("400 records");
        button(page, "Examples").click();
        // On a slow machine something above may still come and push it down.
        page.locator(".menu-list").scrollIntoViewIfNeeded();
        assertThat(page.locator(".menu-list")).isInViewport(new LocatorAssertions.IsInViewportOptions().setRatio(1));
        assertThat(page.locator(".menu-list")).containsText("Failures in message");
        shoot(page, "phone-examples");
        page.keyboard().press("Escape");
        page.locator(".row").nth(8).locator(".cell").first().click();
        Locator menu = page.locator(".value-menu");
        assertThat(menu).isVisible();
        assertThat(number(menu.evaluate("menu => menu.closest('.grid').getBoundingClientRect().bottom"
                        + " - menu.getBoundingClientRect().bottom")))
                .isNotNegative();
        shoot(page, "phone-value");
        page.keyboard().press("Escape");
        assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                .isLessThanOrEqualTo(390);
        shoot(page, "phone");
    }

    @Test
    void darkColoursFollowTheSystemAndTheButton() {
        Page page = open(
                new Browser.NewContextOptions().setColorScheme(ColorScheme.DARK),
                address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        String dark = background(page);
        shoot(page, "dark");
        page.getByLabel("Light colours").click();
        assertThat(page.getByLabel("Dark colours")).isVisible();
        assertThat(background(page)).isNotEqualTo(dark);
        page.reload();
        assertThat(page.getByLabel("Dark colours")).isVisible();
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void theKeyboardIsEnough(Where where) {
        Page page = open(address(where));
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

    @ParameterizedTest
    @EnumSource
    void anExportShowsItsRunsAndDeliversOrDiscardsItsDeadLetters(Where where) throws IOException {
        Path routes = folder.resolve("routes-" + where);
        Routes.copyTo(routes);
        try (WebhookServer sink = WebhookServer.start()) {
            sink.replyWhen(request -> request.text().contains("for root from"), Reply.of(400, "root is not wanted"));
            String[] settings = with(
                    failedLogins(where, sink),
                    "cursor.file=" + folder.resolve("refused-%s.db".formatted(where)),
                    "delivery.dead-letters-folder=" + folder.resolve("refused-" + where));
            try (ConnectorProcess batch = connector(
                    routes,
                    Stream.concat(Stream.of("--mode", "batch"), Stream.of(settings))
                            .toArray(String[]::new))) {
                assertThat(batch.waitFor(Duration.ofMinutes(1)))
                        .as(batch.standardError())
                        .isZero();
            }
            long accepted = sink.records().size();
            assertThat(accepted).isBetween(1L, 399L);
            try (ConnectorProcess connector = connector(routes, settings)) {
                Page page = open(connector.link() + "#/exports");
                Locator line = page.locator("tbody tr").first();
                assertThat(line).containsText("default → webhook");
                assertThat(line).containsText(String.valueOf(accepted));
                assertThat(line.locator(".spark")).hasAttribute("aria-label", "Accepted in the last run: " + accepted);
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
                assertThat(page.getByText("None. The destination has refused no records."))
                        .isVisible();
                assertThat(sink.records()).hasSize(399).doesNotHaveDuplicates();
                assertThat(page.locator(".details .balance"))
                        .hasText("400 selected = 399 accepted + 0 duplicates + 1 dead-lettered");
                assertThat(page.locator(".details tbody tr").first()).containsText("replayed");

                button(page, "Reset cursor…").click();
                assertThat(button(page, "Reset cursor")).isDisabled();
                page.getByLabel("Type default/webhook to continue").fill("default/webhook");
                shoot(page, "reset-cursor");
                button(page, "Reset cursor").click();
                assertThat(page.getByText("The cursor was reset.")).isVisible();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void anExportThatWatchesShowsItsErrorItsRetriesAndWhenItRunsNext(Where where) {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.reply(Reply.of(503));
            String[] settings = with(
                    failedLogins(where, sink),
                    "delivery.max-retries=2",
                    "delivery.retry-delay-ms=10",
                    "schedule.retry-delay-seconds=5",
                    "cursor.file=" + folder.resolve("watched-%s.db".formatted(where)));
            try (ConnectorProcess connector = connector(Stream.concat(Stream.of("--mode", "watch"), Stream.of(settings))
                    .toArray(String[]::new))) {
                Page page = open(
                        new Browser.NewContextOptions().setViewportSize(390, 844),
                        connector.link() + "#/exports/default/webhook");
                Locator line = page.locator("tbody tr").first();
                assertThat(line).containsText("retrying");
                assertThat(line.locator("[data-name='Last error']")).containsText("503");
                assertThat(line.locator("[data-name='Next run']")).containsText(":");
                assertThat(page.locator(".details .problem")).containsText("503");
                assertThat(page.locator(".details dl")).containsText(Pattern.compile("Retries503: \\d+"));
                assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                        .isLessThanOrEqualTo(390);
                shoot(page, "phone-exports");

                sink.reply(Reply.of(200));
                assertThat(line).containsText("idle");
                assertThat(line.locator("[data-name='Accepted']")).hasText("400");
                assertThat(line.locator("[data-name='Last error']")).hasText("–");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void theEditorCompletesColumnsAndFunctionsAndRemembersQueries(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", null, null));
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

    @ParameterizedTest
    @EnumSource(names = "FOLDER")
    void draggingOverTheTimelineChoosesWhatIsRead(Where where) {
        Page page = open(address(where) + linkTo("acme/syslog", "SELECT count(*) AS records FROM events", null));
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
            assertThat(token).hasAttribute("placeholder", "configured; leave empty to keep it");
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
                    address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
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
        Page page = open(address(Where.FOLDER));
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

    /** With a query in the link, which a person runs. */
    private Page open(Browser.NewContextOptions options, String url) {
        Page page = openLink(options, url);
        if (url.contains("sql=")) {
            run(page).click();
        }
        return page;
    }

    private Page openLink(Browser.NewContextOptions options, String url) {
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
            asked.add(request.method() + " " + URI.create(request.url()).getPath());
            if (!request.url().startsWith("http://localhost:") && !request.url().startsWith("blob:")) {
                faults.add("asked another host: " + request.url());
            }
        });
        page.navigate(url);
        return page;
    }

    private static String address(Where where) {
        return connectors.get(where).link() + (where == Where.MINIO ? "?token=" + TOKEN : "");
    }

    /** The settings with which a bucket of MinIO is the lake. */
    private static String[] inBucket(String bucket) {
        return with(
                "s3.bucket=" + bucket,
                "s3.endpoint=" + minio.endpoint(),
                "s3.access-key=" + minio.accessKey(),
                "s3.secret-key=" + minio.secretKey(),
                "duckdb.extension-directory=" + TestTools.duckdbExtensions());
    }

    /** The settings of an export of the failed logins. */
    private static String[] failedLogins(Where where, WebhookServer sink) {
        return with(
                where == Where.FOLDER ? with("lake.root=file:" + lake) : inBucket("lake"),
                "query.tenant-id=acme",
                "query.dataset-id=syslog",
                "query.sql=" + FAILED_LOGINS,
                "destination.type=webhook",
                "destination.webhook.url=" + sink.url());
    }

    private static String[] with(String[] arguments, String... settings) {
        return Stream.concat(Stream.of(arguments), Stream.of(with(settings))).toArray(String[]::new);
    }

    private static String[] with(String... settings) {
        return Stream.of(settings)
                .flatMap(setting -> Stream.of("--set", setting))
                .toArray(String[]::new);
    }

    private static ConnectorProcess connector(String... more) {
        return connector(folder.resolve("routes"), more);
    }

    private static ConnectorProcess connector(Path routes, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--routes",
                routes.toString(),
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
                TestTools.projectDirectory(), Map.of(), List.of("-Xmx256m"), arguments.toArray(String[]::new));
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
