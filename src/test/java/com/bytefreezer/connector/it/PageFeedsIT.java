package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page as a person meets it: what arrives, and a new feed. */
class PageFeedsIT extends PageBed {
    private final int port = TestTools.freePort();

    private ConnectorProcess ingesting(Path routes, String... more) {
        return connector(
                routes,
                with(
                        with(more, "lake.root=file:" + folder.resolve("filled")),
                        "data.folder=" + routes.resolveSibling("data-of-" + routes.getFileName()),
                        "feeds.http-port=" + port,
                        "feeds.default.enabled=true"));
    }

    private void send(String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/acme/auth".formatted(port)))
                .POST(BodyPublishers.ofString(body))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatArrivesIsSeenAsItComesAndAsPacks() throws Exception {
        Path routes = folder.resolve("routes-of-feeds");
        Routes.copyTo(routes);
        String[] away = with(
                new String[] {"--mode", "ingest"},
                "s3source.bucket=piper",
                "s3source.endpoint=http://127.0.0.1:" + TestTools.freePort(),
                "s3source.access-key=some-access-key",
                "s3source.secret-key=some-secret-key",
                "pack.timeout-seconds=3600");
        try (ConnectorProcess connector = ingesting(routes, away)) {
            Page page = open(connector.link() + "#/feeds");
            assertThat(page.getByText("Nothing has arrived yet.")).isVisible();
            assertThat(page.locator(".problem")).containsText("piper");
            assertListening(page);
            send("{\"message\":\"one\"}\n{\"message\":\"<img src=x onerror='window.hit=1'>\"}\nno JSON\n");
            Locator line = row(page, "acme / auth");
            assertThat(line.locator("[data-name='Received']")).hasText("3");
            assertThat(line.locator("[data-name='Dead letters']")).hasText("1");
            line.getByRole(AriaRole.LINK).click();
            Locator tail = page.locator(".tail");
            assertThat(tail.locator("li")).hasCount(2);
            assertThat(tail).containsText("<img src=x onerror='window.hit=1'>");
            send("{\"message\":\"three\"}");
            assertThat(tail.locator("li")).hasCount(3);
            button(page, "Pause").click();
            assertThat(tail).containsText("Paused.");
            send("{\"message\":\"four\"}");
            assertThat(line.locator("[data-name='Received']")).hasText("5");
            assertThat(tail.locator("li")).hasCount(3);
            button(page, "Go on").click();
            assertThat(tail.locator("li")).hasCount(4);
            assertThat(row(page, "syslog").locator("[data-name='State']")).containsText("closed");
            look(page, "feeds");
        }
        try (ConnectorProcess connector = ingesting(routes, "--mode", "ingest", "--set", "pack.timeout-seconds=1")) {
            Page page = open(connector.link() + "#/feeds/acme/auth");
            assertThat(row(page, "acme / auth").locator("[data-name='Last pack']"))
                    .containsText(".parquet");
            assertThat(page.locator(".details tbody tr")).hasCount(1);
            assertThat(page.locator(".details tbody tr")).containsText("packed");
            look(page, "feeds-packed");
            page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Runs"))
                    .click();
            assertThat(page.locator("tbody tr").first()).containsText("pack of acme / auth");
            look(page, "runs-of-packs");
        }
    }

    @Test
    void sqlOfPacksIsTriedOnEventsBeforeItIsSaved() throws Exception {
        Path routes = folder.resolve("routes-of-packs");
        Routes.copyTo(routes);
        try (ConnectorProcess connector = ingesting(routes, "--mode", "ingest", "--set", "pack.timeout-seconds=3600")) {
            Page page = open(connector.link() + "#/feeds/acme/auth");
            assertListening(page);
            send("{\"level\":\"debug\"}\n{\"level\":\"<i>info</i>\",\"n\":\"1\"}\n{\"level\":\"error\",\"n\":\"x\"}\n");
            button(page, "Transform, drop, enrich…").press("Enter");
            Locator form = page.getByRole(AriaRole.FORM, new Page.GetByRoleOptions().setName("SQL of packs"));
            assertThat(form).containsText("its events are packed as they are");
            page.locator("#pack-sql").fill("SELECT count(*) FROM incoming");
            button(page, "Try").click();
            assertThat(form.getByRole(AriaRole.ALERT)).containsText("the aggregate count_star");
            assertThat(button(page, "Save…")).isDisabled();
            page.locator("#pack-sql").fill("SELECT level, n::INT AS n FROM incoming WHERE level <> 'debug'");
            button(page, "Try").click();
            assertThat(form.getByRole(AriaRole.STATUS))
                    .hasText("Of the newest 3 events in the spool: 1 kept, 1 dropped, 1 failed.");
            Locator outcomes = form.locator(".outcomes tbody tr");
            assertThat(outcomes).hasCount(3);
            assertThat(outcomes.nth(0)).containsText("dropped");
            assertThat(outcomes.nth(1)).containsText("\"level\":\"<i>info</i>\",\"n\":1}");
            assertThat(outcomes.nth(2)).containsText("dead letter:");
            page.locator("#pack-name").fill("no-debug");
            assertThat(form.locator(".diff")).containsText("routes/pack.camel.yaml");
            look(page, "sql-of-packs");
            button(page, "Save…").click();
            Locator dialog = page.getByRole(AriaRole.DIALOG);
            assertThat(dialog).containsText("1 would be dropped and 1 would become dead letters");
            assertThat(dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Save")))
                    .isDisabled();
            dialog.getByRole(AriaRole.TEXTBOX).fill("no-debug");
            dialog.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Save"))
                    .click();
            assertThat(form).containsText("Pack no-debug, in");
            assertThat(form.getByRole(AriaRole.STATUS).last()).containsText("Written:");
            assertThat(Files.readString(routes.resolve("packs/no-debug.camel.yaml")))
                    .contains("n::INT AS n");
            page.locator("#pack-sql").fill("SELECT level FROM incoming");
            assertThat(form.locator(".diff .gone")).containsText("n::INT");
            assertThat(form.locator(".diff .added")).containsText("SELECT level FROM incoming");
        }
    }

    @Test
    void aNewFeedShowsItsFileBeforeItIsWritten() throws Exception {
        Path routes = folder.resolve("routes-of-new-feeds");
        Routes.copyTo(routes);
        try (ConnectorProcess connector = ingesting(routes)) {
            Page page = open(connector.link() + "#/feeds");
            assertThat(page.getByText("No feeds run in this process")).isVisible();
            button(page, "New feed…").press("Enter");
            Locator form = page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("New feed"));
            assertThat(page.locator("#feed-name")).isFocused();
            page.locator("#feed-name").fill("default");
            assertThat(form).containsText("There is a feed default already.");
            assertThat(button(page, "Write the file")).isDisabled();
            page.locator("#feed-name").fill("web-logs");
            page.locator("#feed-dataset").fill("web");
            page.locator("#feed-token").selectOption("yes");
            assertThat(form).containsText("{{feeds.web-logs.token}}");
            assertThat(form).containsText("feeds.web-logs.token=***");
            assertThat(form).containsText("curl -H");
            look(page, "new-feed");
            page.locator("#feed-input").selectOption("syslog");
            page.locator("#feed-port").fill("5599");
            assertThat(form).containsText("logger -n 127.0.0.1 -P 5599");
            button(page, "Write the file").click();
            assertThat(form.getByRole(AriaRole.STATUS)).containsText("Written:");
            assertThat(row(page, "web-logs").locator("[data-name='State']")).containsText("not in this process");
            assertThat(Files.readString(routes.resolve("feeds/web-logs.camel.yaml")))
                    .contains("value: syslog")
                    .doesNotContain("token");
        }
    }

    /** The page is there before the feeds. */
    private static void assertListening(Page page) {
        assertThat(row(page, "default").locator("[data-name='State']")).containsText("listening");
    }

    private static Locator row(Page page, String name) {
        return page.locator("tbody tr")
                .filter(new Locator.FilterOptions()
                        .setHas(page.getByRole(
                                AriaRole.ROWHEADER,
                                new Page.GetByRoleOptions().setName(name).setExact(true))));
    }

    /** Wide and light, narrow and dark. */
    private static void look(Page page, String name) {
        look(page, name, ColorScheme.LIGHT, 1440);
        look(page, name, ColorScheme.DARK, 390);
        page.setViewportSize(1440, 900);
    }

    private static void look(Page page, String name, ColorScheme scheme, int width) {
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
        page.setViewportSize(width, 900);
        shoot(page, "%s-%d".formatted(name, width));
        assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                .isLessThanOrEqualTo(width);
        assertAccessible(page);
    }
}
