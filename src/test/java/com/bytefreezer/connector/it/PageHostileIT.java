package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The page with names, values and answers that others have chosen: each is shown as it is, and nothing of it becomes part of the page. */
class PageHostileIT extends PageBed {
    private static final String TENANT = "<img src=x onerror=window.hit='tenant'>";
    private static final String DATASET = "\"><svg onload=window.hit='dataset'>";
    private static final String ANSWER = "<img src=x onerror=window.hit='answer'>";
    /** What is odd in any place may share a name. */
    private static final List<String> ODD =
            List.of("..x+y with space 50% off, it's a#b?c&d=e", "Größe 日志" + "d".repeat(200), "%2e%2e", "<script>");

    @Test
    void namesValuesAndAnswersNeverBecomeMarkup() throws IOException {
        Path routes = folder.resolve("hostile-routes");
        Routes.copyTo(routes);
        Path lookups = writtenByOthers(routes);
        Path root = folder.resolve("hostile-lake");
        Path named = Files.createDirectories(root.resolve(TENANT).resolve(DATASET));
        Files.createSymbolicLink(
                named.resolve("data"), lake().resolve("hostile/events/data").toRealPath());
        try (WebhookServer siem = WebhookServer.start()) {
            siem.reply(Reply.of(400, ANSWER));
            try (ConnectorProcess connector = connector(
                    routes,
                    with(
                            "lake.root=file:" + root,
                            "destination.type=webhook",
                            "destination.webhook.url=" + siem.url(),
                            "query.tenant-id=" + TENANT,
                            "query.dataset-id=" + DATASET,
                            "query.sql=SELECT * FROM events",
                            "delivery.max-rejected-ratio=1",
                            "schedule.interval-seconds=3600",
                            "destinations.siem-prod.kind=hostile",
                            "lookups.folder=" + lookups,
                            "cursor.file=" + folder.resolve("hostile.db"),
                            "delivery.dead-letters-folder=" + folder.resolve("hostile-letters")))) {
                Page page = open(connector.link());
                assertThat(page.locator("h1")).hasText(TENANT + " / " + DATASET);
                assertThat(page.locator(".cost")).containsText("20 records");
                assertThat(page.locator(".columns-panel .columns")).containsText("<script>window.hit=2</script>");
                assertClean(page);
                page.locator(".schema summary")
                        .filter(new Locator.FilterOptions().setHasText("Lookups"))
                        .click();
                for (Locator lookup : page.locator(".lookup > summary").all()) {
                    lookup.click();
                }
                assertThat(page.locator(".lookup .problem").first()).containsText("window.hit=24");
                assertThat(page.locator(".lookup .columns").last()).containsText("window.hit=25");
                for (String destination : List.of("hostile", "siem-prod")) {
                    choose(page, destination, Map.of());
                    assertThat(page.locator(".send > .note").first()).containsText("window.hit=21");
                    page.locator(".send summary").click();
                    assertThat(page.locator(".send .fields small").first()).containsText("window.hit=22");
                    assertClean(page);
                }
                page.locator(".columns-panel .columns .name").first().click();
                assertThat(page.locator(".profile")).containsText("distinct");
                page.locator("[data-tab=statistics]").click();
                assertThat(page.locator(".statistics tbody tr").first()).isVisible();
                assertClean(page);
                ask(
                        page,
                        "SELECT * EXCLUDE (hour), CASE WHEN hash(\"__proto__\") > 0 THEN '%s' END AS series FROM events"
                                .formatted(ANSWER.replace("'", "''")));
                page.locator("[data-tab=chart]").click();
                page.getByLabel("Kind").selectOption("top");
                assertThat(page.locator(".result")).containsText("20");
                assertClean(page);
                ask(page, "SELECT \"<img src=x onerror=window.hit=7>\" FROM events");
                assertThat(page.locator(".result .problem")).containsText("<img src=x onerror=window.hit=7>");
                assertClean(page);

                ask(page, "SELECT * FROM events");
                assertThat(page.locator(".cost")).containsText("20 records");
                choose(page, "webhook", Map.of("url", siem.url().toString()));
                button(page, "Preview payload").click();
                assertThat(page.locator(".payload .body")).containsText("window.hit=1");
                button(page, "Save as export…").click();
                assertThat(page.locator(".save .file").first()).containsText("onload=window.hit");
                button(page, "Write the file").click();
                assertThat(page.locator(".save .verdict.good")).isVisible();
                assertClean(page);
                button(page, "Export once").click();
                assertThat(page.locator(".run .letters li").first()).containsText(ANSWER);
                page.locator(".run summary").first().click();
                page.locator(".run .letters summary").first().click();
                assertThat(page.locator(".run .letters .json").first()).containsText("window.hit=1");
                page.locator(".run > details > summary")
                        .filter(new Locator.FilterOptions().setHasText("Log"))
                        .click();
                assertThat(page.locator(".run .log")).containsText("window.hit");
                assertClean(page);

                button(page, "Run them here").click();
                page.navigate(connector.link() + "#/exports/default/webhook");
                assertThat(page.locator(".details .letters li").first()).containsText(ANSWER);
                assertThat(page.locator("tbody").first()).containsText(DATASET);
                assertThat(page.locator("tbody").first()).containsText("window.hit=23");
                page.locator(".details .letters summary").first().click();
                assertThat(page.locator(".details .letters .json").first()).containsText("window.hit=1");
                assertClean(page);
                page.navigate(connector.link() + "#/runs");
                assertThat(page.locator("tbody").first()).containsText(DATASET);
                assertClean(page);
                shootRuns(connector);
                // What a link says is shown, too.
                for (String place : List.of(
                        "#/data/%3Cimg src=x onerror=window.hit=8%3E/x",
                        "#/exports/%3Cimg src=x onerror=window.hit=9%3E/x",
                        "#/runs/%3Cimg src=x onerror=window.hit=10%3E")) {
                    page.navigate(connector.link() + place);
                    assertThat(page.locator(".state-title")).isVisible();
                    assertClean(page);
                }
            }
        }
    }

    /** Files that others put beside the connector; gives the folder of the lookups. */
    private static Path writtenByOthers(Path routes) throws IOException {
        String destination = Files.readString(routes.resolve("destinations/stdout.camel.yaml"));
        Files.writeString(
                routes.resolve("destinations/hostile.camel.yaml"),
                destination
                        .replace("stdout", "hostile")
                        .replaceFirst("writes each.*", "<img src=x onerror=window.hit=21>")
                        .replaceFirst(
                                "(# Guarantee)",
                                "#   destination.hostile.path  here  <img src=x onerror=window.hit=22>\n$1"));
        Files.writeString(
                routes.resolve("exports/<img src=x onerror=window.hit=23>.camel.yaml"),
                "- <svg onload=window.hit=23>: 1\n");
        Path lookups = Files.createDirectories(folder.resolve("hostile-lookups"));
        Files.writeString(lookups.resolve("<img src=x onerror=window.hit=24>.csv"), "a,b\n1,2\n");
        Files.writeString(lookups.resolve("known.csv"), "ip,<img src=x onerror=window.hit=25>\n10.20.0.5,x\n");
        return lookups;
    }

    /** To be looked at. */
    private void shootRuns(ConnectorProcess connector) {
        Page page = open(connector.link() + "#/runs");
        for (ColorScheme colours : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colours));
            for (int width : List.of(1440, 390)) {
                page.setViewportSize(width, 844);
                page.navigate(connector.link() + "#/runs");
                assertThat(page.locator("tbody tr").nth(1)).isVisible();
                assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                        .as("no part of the runs is beside the screen")
                        .isLessThanOrEqualTo(width);
                shoot(page, "runs-%s-%d".formatted(colours.toString().toLowerCase(Locale.ROOT), width));
                page.locator("tbody th a").first().click();
                assertThat(page.locator(".run")).isVisible();
                shoot(page, "run-%s-%d".formatted(colours.toString().toLowerCase(Locale.ROOT), width));
            }
        }
    }

    @Test
    void oddNamesOfDatasetsWorkAsAnyOther() throws IOException {
        Path root = Files.createDirectory(folder.resolve("odd-lake"));
        ParquetLake made = ParquetLake.in(folder.resolve("odd"));
        made.numbers("year=2026/month=11/day=20/hour=01/a.parquet", 0, 3);
        for (String name : ODD) {
            Path dataset = Files.createDirectories(root.resolve("odd").resolve(name));
            Files.createSymbolicLink(
                    dataset.resolve("data"),
                    made.root().resolve("acme/events/data").toRealPath());
        }
        // Without a locale, as a service may run, Java cannot open what is not ASCII.
        try (ConnectorProcess connector = connector(with("lake.root=file:" + root))) {
            Page page = open(connector.link());
            assertThat(page.locator(".side .note").first()).containsText("set LC_ALL=C.UTF-8");
            assertThat(page.locator(".tree a")).hasCount(ODD.size() - 1);
        }
        try (ConnectorProcess connector = ConnectorProcess.start(
                TestTools.projectDirectory(),
                Map.of("LC_ALL", "C.UTF-8"),
                List.of("-Xmx256m"),
                with(
                        "lake.root=file:" + root,
                        "server.port=0",
                        "cursor.file=" + folder.resolve("odd.db"),
                        "delivery.dead-letters-folder=" + folder.resolve("odd-letters")))) {
            Page page = open(connector.link());
            for (String name : ODD) {
                page.locator(".tree")
                        .getByText(name, new Locator.GetByTextOptions().setExact(true))
                        .click();
                assertThat(page.locator("h1")).hasText("odd / " + name);
                assertThat(page.locator(".cost")).containsText("3 records");
                assertThat(page.locator(".columns-panel .columns")).containsText("hostname");
                page.reload();
                assertThat(page.locator("h1")).hasText("odd / " + name);
                assertThat(page.locator(".cost")).containsText("3 records");
                assertThat(page.locator(".result .problem")).hasCount(0);
                assertThat(page.locator(".find .problem")).hasCount(0);
                assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                        .as(name)
                        .isLessThanOrEqualTo(1440);
                String file = page.waitForDownload(
                                () -> button(page, "Download").click())
                        .suggestedFilename();
                assertThat(file).as(name).endsWith(".ndjson").doesNotContain("/");
                choose(page, "stdout", Map.of());
                button(page, "Save as export…").click();
                assertThat(button(page, "Write the file")).isEnabled();
                button(page, "Close").click();
                button(page, "Export once").click();
                assertThat(page.locator(".run.succeeded .balance")).containsText("3 accepted");
                button(page, "Close").click();
                page.getByLabel("Destination", new Page.GetByLabelOptions().setExact(true))
                        .selectOption("");
            }
            page.navigate(connector.link() + "#/data/odd/..");
            assertThat(page.locator(".state-title")).containsText("There is no dataset odd / ..");
        }
    }

    @Test
    void twoTabsOfADatasetKeepTheirOwnText() {
        Page one = open(address(Where.FOLDER) + linkTo("acme/syslog", null, "all"));
        assertThat(one.locator(".cost")).containsText("500 records");
        one.locator(".cm-content").click();
        one.keyboard().press("Control+a");
        one.keyboard().insertText("SELECT typed IN one");
        Page other = one.context().newPage();
        other.navigate(address(Where.FOLDER) + linkTo("acme/syslog", null, "all"));
        assertThat(other.locator(".cost")).containsText("500 records");
        ask(other, "SELECT hostname FROM events LIMIT 7");
        assertThat(other.locator(".cost")).containsText("7 records");
        assertThat(one.locator(".cm-content")).containsText("SELECT typed IN one");
        one.reload();
        assertThat(one.locator(".cm-content")).containsText("SELECT typed IN one");
        assertThat(other.locator(".cm-content")).containsText("LIMIT 7");
    }

    /** No script has run, and no element stands in the page that the page does not make; its policy alone would not be enough. */
    private static void assertClean(Page page) {
        assertThat(page.evaluate("() => window.hit")).isNull();
        assertThat((List<?>) page.evaluate("""
                () => [...document.querySelectorAll('img, iframe, object, embed, form[action], base, script:not([src]), svg[onload], [onerror], [onclick], a[href^="javascript:"], link:not([href^="/assets/"])')]
                  .map((element) => element.outerHTML.slice(0, 200))""")).isEmpty();
    }
}
