package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.Chromium;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WideEvents;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * What tests of the page as a person meets it share: the packaged program over a lake, and a real browser. Screenshots are in
 * {@code target/screenshots}; with {@code CI=true} nobody looks at them, so none are made.
 */
abstract class PageBed {
    static final String TOKEN = "only-for-friends";
    private static final Path SAMPLE = TestTools.projectDirectory().resolve("samples/lake");
    private static final Path SCREENSHOTS = TestTools.projectDirectory().resolve(Path.of("target", "screenshots"));
    private static final boolean LOOKED_AT = !"true".equals(System.getenv("CI"));
    static final String FAILED_LOGINS =
            "SELECT timestamp, hostname, source_ip, message FROM events WHERE message LIKE 'Failed password%'";

    static final String ENDLESS =
            "SELECT count(*) FROM events a, events b, events c, events d WHERE a.message || b.message < c.message";

    private static final String AXE = axe();

    @TempDir
    static Path folder;

    // What all classes of this JVM share, because it takes longer to start than most tests, and no test changes it.

    static Chromium chromium;

    private static Path lake;
    private static MinioServer minio;
    private static Path shared;

    static {
        // Chromium and the connectors end with this JVM.
        Runtime.getRuntime().addShutdownHook(new Thread(PageBed::removeShared));
    }

    private static final Map<Where, ConnectorProcess> connectors = new EnumMap<>(Where.class);

    /**
     * Where the records are. The connector that reads them from MinIO asks for a token. A test has both where the place
     * may matter to what a person sees, else the folder alone.
     */
    enum Where {
        FOLDER,
        MINIO
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    final List<String> asked = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        if (chromium == null) {
            chromium = Chromium.start();
        }
        PlaywrightAssertions.setDefaultAssertionTimeout(Chromium.PATIENCE.toMillis());
        Files.createDirectories(SCREENSHOTS);
        equip(folder);
    }

    private static void equip(Path folder) throws IOException {
        Routes.copyTo(folder.resolve("routes"));
        Files.writeString(
                Files.createDirectory(folder.resolve("lookups")).resolve("owners.csv"),
                "ip,owner\n10.20.0.5,edge team\n");
    }

    /** The folder of what the classes share; with a lake that the first test that needs it makes. */
    static Path shared() {
        try {
            if (shared == null) {
                shared = Files.createTempDirectory("connector-pages-");
                equip(shared);
            }
            return shared;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bundled sample as tenant acme, and what other tests need as further tenants; in the folder, and in MinIO. */
    static Path lake() {
        try {
            if (lake == null) {
                lake = makeLake(shared());
            }
            return lake;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path makeLake(Path place) throws IOException {
        Path made = Files.createDirectory(place.resolve("lake"));
        Files.createSymbolicLink(made.resolve("acme"), SAMPLE.resolve("acme"));
        Files.createSymbolicLink(made.resolve("hostile"), hostile(place));
        Files.createSymbolicLink(made.resolve("large"), large(place));
        Files.createSymbolicLink(made.resolve("hundred"), hundredObjects(place));
        Files.createSymbolicLink(made.resolve("wide"), wide(place));
        return made;
    }

    private static void removeShared() {
        connectors.values().forEach(ConnectorProcess::close);
        if (minio != null) {
            minio.close();
        }
        if (shared != null) {
            TestTools.deleteFolder(shared);
        }
    }

    /** With the whole lake; the first test that needs it starts it. */
    static MinioServer minio() {
        if (minio == null) {
            MinioServer started = S3Server.minio();
            started.createBucket("lake");
            try (Stream<Path> tenants = Files.list(lake())) {
                for (Path tenant : tenants.toList()) {
                    started.uploadFolder("lake", tenant.getFileName().toString(), tenant.toRealPath());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            minio = started;
        }
        return minio;
    }

    /** The one that all tests of this JVM share; the first of them starts it. */
    static ConnectorProcess connector(Where where) {
        return connectors.computeIfAbsent(
                where,
                missing -> start(
                        shared(),
                        shared().resolve("routes"),
                        with(
                                where == Where.FOLDER
                                        ? with("lake.root=file:" + lake())
                                        : with(inBucket("lake"), "server.token=" + TOKEN),
                                "cursor.file=" + shared().resolve(where + ".db"))));
    }

    private static Path hostile(Path place) {
        ParquetLake made = ParquetLake.in(place.resolve("hostile"));
        made.object("year=2026/month=11/day=20/hour=01/a.parquet", """
                SELECT '<script>window.hit=1</script>' AS "<script>window.hit=2</script>",
                    '<img src=x onerror="window.hit=3">' AS "<img src=x onerror='window.hit=4'>",
                    '"'' > <b>bold</b> & &lt;' AS "quo""ted' > name",
                    {'<i>key</i>': ['<svg onload=window.hit=5>']} AS "<b>nested</b>",
                    'javascript:window.hit=6' AS "__proto__"
                FROM range(20)""");
        return made.root().resolve("acme");
    }

    private static Path large(Path place) {
        ParquetLake made = ParquetLake.in(place.resolve("large"));
        made.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 120_000);
        return made.root().resolve("acme");
    }

    /** 453 columns, of which some have a number in one object and text in the other. */
    private static Path wide(Path place) throws IOException {
        Path partition = Files.createDirectories(
                place.resolve("wide/acme/windows/data/parquet/year=2026/month=11/day=20/hour=01"));
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(WideEvents.copy(0, 700, partition.resolve("a.parquet")));
            statement.execute(WideEvents.copy(1, 50, partition.resolve("b.parquet")));
        } catch (SQLException e) {
            throw new IOException(e);
        }
        return place.resolve("wide/acme");
    }

    private static Path hundredObjects(Path place) {
        ParquetLake made = ParquetLake.in(place.resolve("hundred"));
        for (int hour = 0; hour < 100; hour++) {
            made.numbers(
                    "year=2026/month=11/day=%d/hour=%02d/a.parquet".formatted(1 + hour / 24, hour % 24),
                    hour * 500L,
                    500);
        }
        return made.root().resolve("acme");
    }

    /** No page of any test may throw, break its own policy, or open a dialog. */
    @AfterEach
    void nothingWentWrongInThePage() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        assertThat(faults).isEmpty();
    }

    Page open(String url) {
        return open(new Browser.NewContextOptions().setViewportSize(1440, 900), url);
    }

    /** With a query in the link, which a person runs. */
    Page open(Browser.NewContextOptions options, String url) {
        Page page = openLink(options, url);
        if (url.contains("sql=")) {
            run(page).click();
        }
        return page;
    }

    Page openLink(Browser.NewContextOptions options, String url) {
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

    static String address(Where where) {
        return connector(where).link() + (where == Where.MINIO ? "?token=" + TOKEN : "");
    }

    /** The settings with which a bucket of MinIO is the lake. */
    static String[] inBucket(String bucket) {
        return with(
                "s3.bucket=" + bucket,
                "s3.endpoint=" + minio().endpoint(),
                "s3.access-key=" + minio().accessKey(),
                "s3.secret-key=" + minio().secretKey(),
                "duckdb.extension-directory=" + TestTools.duckdbExtensions());
    }

    static String[] with(String[] arguments, String... settings) {
        return Stream.concat(Stream.of(arguments), Stream.of(with(settings))).toArray(String[]::new);
    }

    static String[] with(String... settings) {
        return Stream.of(settings)
                .flatMap(setting -> Stream.of("--set", setting))
                .toArray(String[]::new);
    }

    static ConnectorProcess connector(String... more) {
        return connector(folder.resolve("routes"), more);
    }

    static ConnectorProcess connector(Path routes, String... more) {
        return start(folder, routes, more);
    }

    private static ConnectorProcess start(Path folder, Path routes, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--routes",
                routes.toString(),
                "--set",
                "server.port=0",
                "--set",
                "delivery.max-retries=0",
                "--set",
                "lookups.folder=" + folder.resolve("lookups"),
                "--set",
                "cursor.file=" + folder.resolve("cursor.db"),
                "--set",
                "delivery.dead-letters-folder=" + folder.resolve("dead-letters")));
        arguments.addAll(List.of(more));
        return ConnectorProcess.start(
                TestTools.projectDirectory(), Map.of(), List.of("-Xmx256m"), arguments.toArray(String[]::new));
    }

    /** The part of an address after the host. */
    static String linkTo(String dataset, String sql, String from) {
        return "#/data/%s?%s%s"
                .formatted(
                        dataset,
                        from == null ? "" : "from=" + from + "&",
                        sql == null ? "" : "sql=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
    }

    static void ask(Page page, String sql) {
        page.locator(".cm-content").click();
        page.keyboard().press("Control+a");
        page.keyboard().insertText(sql);
        page.keyboard().press("Control+Enter");
    }

    static void choose(Page page, String destination, Map<String, String> settings) {
        page.getByLabel("Destination", new Page.GetByLabelOptions().setExact(true))
                .selectOption(destination);
        settings.forEach((name, value) -> page.locator("[id='setting-destination.%s.%s']".formatted(destination, name))
                .fill(value));
    }

    /** The browser tells of a request a little later than it shows what comes of it. */
    void awaitAsked(Page page, String start) {
        page.waitForCondition(() -> asked.stream().anyMatch(request -> request.startsWith(start)));
    }

    static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    static Locator run(Page page) {
        return page.locator(".ask .primary");
    }

    static Locator dataset(Page page, String name) {
        return page.locator(".tree a", new Page.LocatorOptions().setHasText(name));
    }

    static double now(Page page) {
        return number(page.evaluate("() => performance.now()"));
    }

    static double number(Object value) {
        return ((Number) value).doubleValue();
    }

    /** The builder of axe's library would put axe into the page for each look, and fetch what is well, too: twice the work. */
    static void assertAccessible(Page page) {
        assertThat(violations(page, "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']", 10))
                .isEmpty();
    }

    /** What may be wrong in one colour scheme alone. */
    static void assertAccessibleColours(Page page) {
        assertThat(violations(page, "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }", 1))
                .isEmpty();
    }

    /** @param least how many rules must find something to check, so that it is not nothing */
    private static List<?> violations(Page page, String rules, int least) {
        if (!(boolean) page.evaluate("() => 'axe' in window")) {
            page.evaluate(AXE);
        }
        return (List<?>) page.evaluate("""
                async () => {
                  const found = await axe.run(document, { runOnly: %s, resultTypes: ['violations'] });
                  if (found.passes.length < %d) {
                    return ['axe has checked too little: ' + found.passes.map((rule) => rule.id)];
                  }
                  return found.violations.map((rule) => rule.id + ': ' + rule.nodes.slice(0, 3).map((node) => node.html));
                }""".formatted(rules, least));
    }

    private static String axe() {
        try (InputStream script = AxeBuilder.class.getResourceAsStream("/axe.min.js")) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void shoot(Page page, String name) {
        page.evaluate("() => window.scrollTo(0, 0)");
        if (LOOKED_AT) {
            page.screenshot(new Page.ScreenshotOptions()
                    .setPath(SCREENSHOTS.resolve(name + ".png"))
                    .setFullPage(true));
        }
    }
}
