package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.BoundingBox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page as a person meets it: the exports that are set up. */
class PageExportsIT extends PageBed {
    private int clicks;
    private int typed;

    @Test
    void anExportShowsItsRunsAndDeliversOrDiscardsItsDeadLetters() throws IOException {
        Path routes = folder.resolve("other-routes");
        Routes.copyTo(routes);
        try (WebhookServer sink = WebhookServer.start()) {
            sink.replyWhen(
                    request -> request.text().matches("(?s).*for (invalid user )?oracle from.*"),
                    Reply.of(400, "oracle is not wanted"));
            sink.replyWhen(request -> request.text().contains("for root from"), Reply.of(400, "root is not wanted"));
            String[] settings = with(
                    failedLogins(sink),
                    "delivery.max-rejected-ratio=1",
                    "cursor.file=" + folder.resolve("refused.db"),
                    "delivery.dead-letters-folder=" + folder.resolve("refused"));
            try (ConnectorProcess batch = connector(
                    routes,
                    Stream.concat(Stream.of("--mode", "batch"), Stream.of(settings))
                            .toArray(String[]::new))) {
                assertThat(batch.waitFor(Duration.ofMinutes(2)))
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
                assertThat(page.locator(".reasons li")).hasCount(2);
                shoot(page, "exports");
                page.locator(".reasons button")
                        .filter(new Locator.FilterOptions().setHasText("root is not wanted"))
                        .click();
                assertThat(button(page, "Replay all 175 dead letters of this reason"))
                        .isVisible();
                Locator letters = page.locator(".letters");
                assertThat(letters).containsText("root is not wanted");
                assertThat(page.locator(".details .balance"))
                        .hasText("400 selected = %d accepted + 0 duplicates + %d dead-lettered"
                                .formatted(accepted, 400 - accepted));
                letters.locator("summary").first().click();
                assertThat(letters.locator(".json").first()).containsText("for root from");

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

    @Test
    void aWatchingExportShowsItsErrorItsRetriesAndItsNextRun() {
        try (WebhookServer sink = WebhookServer.start()) {
            sink.reply(Reply.of(503));
            String[] settings = with(
                    failedLogins(sink),
                    "delivery.max-retries=2",
                    "delivery.retry-delay-ms=10",
                    "schedule.retry-delay-seconds=5",
                    "cursor.file=" + folder.resolve("watched.db"));
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

    @Test
    void anExportIsRunHerePausedEditedAndDeleted() throws IOException {
        Path routes = folder.resolve("managed-routes");
        Routes.copyTo(routes);
        Path file = routes.resolve("exports/managed.camel.yaml");
        try (WebhookServer sink = WebhookServer.start()) {
            Files.writeString(
                    file,
                    "# Ours.\n"
                            + Routes.export(
                                    "managed",
                                    Map.of(
                                            "tenant", "acme",
                                            "dataset", "syslog",
                                            "destination", "webhook",
                                            "sql", FAILED_LOGINS)));
            try (ConnectorProcess connector = connector(
                    routes,
                    with(
                            "lake.root=file:" + lake(),
                            "destination.webhook.url=" + sink.url(),
                            "cursor.file=" + folder.resolve("managed.db")))) {
                Page page = open(connector.link() + "#/exports/managed/webhook");
                button(page, "Run them here").click();
                Locator line = page.locator("tbody tr").first();
                assertThat(line.locator("[data-name='Accepted']")).hasText("400");
                assertThat(button(page, "Stop running them here")).isVisible();

                // A file that is wrong leaves the export as it was.
                String right = Files.readString(file);
                Files.writeString(file, right + "- nonsense: [\n");
                Locator problem = line.locator("[data-name='Last error']");
                assertThat(problem).containsText("managed.camel.yaml: it is not YAML");
                assertThat(problem).containsText("The export goes on as it was.");
                Files.writeString(file, right);
                assertThat(problem).hasText("–");

                button(page, "Pause").click();
                assertThat(line).containsText("paused");
                assertThat(button(page, "Run now")).isDisabled();
                button(page, "Edit…").click();
                page.getByLabel("interval-seconds").fill("30");
                assertThat(page.locator(".diff .added").last()).containsText("value: \"30\"");
                assertThat(page.getByLabel("sync")).hasValue("auto");
                page.getByLabel("sync").selectOption("full");
                assertThat(page.locator(".diff")).containsText("value: \"full\"");
                page.getByLabel("sync").selectOption("auto");
                // Otherwise the page sees the change by hand before the click.
                assertThat(page.locator(".diff")).not().containsText("value: \"full\"");
                shoot(page, "export-edit");
                Files.writeString(file, Files.readString(file) + "# by hand\n");
                button(page, "Write the change").click();
                assertThat(page.locator(".manage .problem").first()).containsText("was changed");
                assertThat(page.getByLabel("What was changed meanwhile").locator(".added"))
                        .hasText("+ # by hand\n");
                shoot(page, "export-edit-conflict");
                List<Route> held = new ArrayList<>();
                page.route("**/exports/managed/{file,draft}", held::add);
                button(page, "Go on with this file").click();
                assertThat(button(page, "Write the change")).isDisabled();
                page.unroute("**/exports/managed/{file,draft}");
                held.forEach(Route::resume);
                assertThat(page.getByLabel("interval-seconds")).hasValue("30");
                button(page, "Write the change").click();
                assertThat(page.locator(".manage .verdict")).containsText("Written");
                button(page, "Close").click();
                button(page, "Resume").click();
                assertThat(line).containsText("idle");
                assertThat(Files.readString(file))
                        .startsWith("# Ours.")
                        .contains("value: \"30\"")
                        .endsWith("# by hand\n");

                button(page, "Delete…").click();
                page.getByLabel("Type managed to continue").fill("managed");
                button(page, "Delete").click();
                assertThat(page.getByText("No export yet.")).isVisible();
                assertThat(file).doesNotExist();
                namesWhatCannotBeRead(page, connector, routes);
            }
        }
    }

    /** The next file that is written is an export of a dataset with one good object and one that is none. */
    private static void namesWhatCannotBeRead(Page page, ConnectorProcess connector, Path routes) throws IOException {
        ParquetLake broken = ParquetLake.in(folder.resolve("broken"));
        broken.numbers("year=2026/month=10/day=20/hour=01/a.parquet", 0, 5);
        Files.writeString(
                broken.root().resolve("acme/events/data/parquet/year=2026/month=10/day=20/hour=01/b.parquet"),
                "no Parquet");
        Path tenant =
                Files.createSymbolicLink(lake().resolve("broken"), broken.root().resolve("acme"));
        try {
            Files.writeString(
                    routes.resolve("exports/unread.camel.yaml"),
                    Routes.export(
                            "unread",
                            Map.of(
                                    "tenant", "broken",
                                    "dataset", "events",
                                    "destination", "webhook",
                                    "sql", "SELECT n FROM events")));
            page.navigate(connector.link() + "#/exports/unread/webhook");
            Locator refused = page.getByLabel("Objects that could not be read").locator("li");
            assertThat(refused).hasCount(1);
            assertThat(refused).containsText("b.parquet");
            assertThat(page.locator(".details .balance")).containsText("5 selected = 5 accepted");
            shoot(page, "export-unread");
        } finally {
            Files.delete(tenant);
        }
    }

    /** One incident in a lake of 453 columns, from the first look to the replay: nobody edits a file or restarts anything. */
    @Test
    void anIncidentIsFoundChartedExportedSavedRefusedAndReplayed() throws IOException {
        Path routes = folder.resolve("incident-routes");
        Routes.copyTo(routes);
        Files.delete(routes.resolve("exports/default.camel.yaml"));
        try (WebhookServer siem = WebhookServer.start();
                ConnectorProcess connector = connector(
                        routes,
                        with(
                                "lake.root=file:" + lake(),
                                "destinations.siem-prod.kind=webhook",
                                "destinations.siem-prod.url=" + siem.url(),
                                "delivery.max-rejected-ratio=1",
                                "cursor.file=" + folder.resolve("incident.db"),
                                "delivery.dead-letters-folder=" + folder.resolve("incident")))) {
            Page page = open(connector.link());
            keepsItsPlace(page);
            click(dataset(page, "windows"));
            assertThat(page.locator(".matches")).containsText("750 matches");
            assertThat(moved(page)).as("moved while the first records came").isEmpty();

            // Find: the events of one kind.
            type(page.getByLabel("Search columns"), "EventID");
            click(page.locator(".columns-panel .columns .name").first());
            click(page.locator(".profile .bars button").first());
            assertThat(page.locator(".cm-content")).containsText("WHERE \"EventID\" = 4622");
            // The bars are of a second each when they are counted closer.
            assertThat(page.locator(".matches[aria-busy=false]")).containsText("64 matches");

            // Narrow: to a part of their time.
            BoundingBox bars = page.locator(".matches svg").boundingBox();
            page.mouse().move(bars.x + bars.width * 0.1, bars.y + 20);
            page.mouse().down();
            page.mouse().move(bars.x + bars.width - 2, bars.y + 20);
            page.mouse().up();
            clicks++;
            assertThat(page.locator(".cm-content")).containsText("AND \"@timestamp\" >= '2026-11-01 ");
            assertThat(page.locator(".matches")).not().containsText("64 matches");
            String selected = matches(page);
            click(page.locator("[data-tab=chart]"));
            assertThat(page.locator(".over-time .bar").first()).isAttached();
            shoot(page, "incident-chart");

            // Export once, to a destination that only the settings name.
            page.getByLabel("Destination", new Page.GetByLabelOptions().setExact(true))
                    .selectOption("siem-prod");
            clicks += 2;
            click(button(page, "Check"));
            assertThat(page.locator(".verdict.good")).isVisible();
            click(button(page, "Export once"));
            assertThat(page.locator(".run .balance"))
                    .hasText("%1$s selected = %1$s accepted + 0 duplicates + 0 dead-lettered".formatted(selected));

            // Save and run; now the destination refuses some.
            String refused = siem.records().iterator().next().replaceAll(".*\"Hostname\":\"([^\"]*)\".*", "$1");
            siem.replyWhen(request -> request.text().contains(refused), Reply.of(400, "an unknown host"));
            click(button(page, "Save as export…"));
            click(button(page, "Write the file"));
            click(button(page, "Run them here"));
            assertThat(button(page, "Stop running them here")).isVisible();
            shoot(page, "incident-saved");
            click(page.locator("a.live"));
            Locator line = page.locator("tbody tr").first();
            assertThat(line).containsText("windows-to-siem-prod → siem-prod");
            assertThat(page.locator(".letters li").first()).containsText("an unknown host");
            assertThat(line).containsText("idle");
            shoot(page, "incident-refused");

            siem.replyWhen(request -> true, Reply.of(200));
            click(page.locator("button")
                    .filter(new Locator.FilterOptions().setHasText(Pattern.compile("^Replay all"))));
            assertThat(page.locator(".details .verdict")).containsText("0 failed");
            assertThat(page.locator(".letters li")).hasCount(0);
            // The saved export has no limit of time, so that it finds the next ones, too.
            assertThat(siem.records()).hasSize(Integer.parseInt(selected) + 64);
            assertThat(siem.records().stream().distinct()).hasSize(64);
        }
        System.err.printf("page, an incident: %d clicks, %d typed characters%n", clicks, typed);
        assertThat(clicks).isLessThanOrEqualTo(16);
        assertThat(typed).isLessThanOrEqualTo(15);
    }

    /** The settings of an export of the failed logins. */
    private static String[] failedLogins(WebhookServer sink) {
        return with(
                "lake.root=file:" + lake(),
                "query.tenant-id=acme",
                "query.dataset-id=syslog",
                "query.sql=" + FAILED_LOGINS,
                "destination.type=webhook",
                "destination.webhook.url=" + sink.url());
    }

    /** The number of matches, once they are counted. */
    private static String matches(Page page) {
        Locator matches = page.locator(".matches[aria-busy=false] [role=status]");
        assertThat(matches).containsText(Pattern.compile("^\\d+ match"));
        return matches.textContent().replaceAll(" .*", "");
    }

    /** Remembers what moves without an action of the person, as browsers measure it. */
    private static void keepsItsPlace(Page page) {
        page.evaluate("""
                () => {
                  window.moved = [];
                  new PerformanceObserver((list) => list.getEntries()
                    .filter((shift) => !shift.hadRecentInput && shift.value > 0.01)
                    .forEach((shift) => shift.sources.forEach(({ node, previousRect, currentRect }) => {
                      window.moved.push(`${node?.className ?? node?.nodeName}: ${previousRect.y} to ${currentRect.y}`);
                    }))).observe({ type: 'layout-shift' });
                }""");
    }

    private static List<?> moved(Page page) {
        return (List<?>) page.evaluate("() => window.moved");
    }

    private void type(Locator into, String text) {
        into.fill(text);
        clicks++;
        typed += text.length();
    }

    private void click(Locator what) {
        what.click();
        clicks++;
    }
}
