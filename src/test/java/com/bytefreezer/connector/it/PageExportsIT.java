package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.WebhookServer;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page as a person meets it: the exports that are set up. */
class PageExportsIT extends PageBed {
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
                            "lake.root=file:" + lake,
                            "destination.webhook.url=" + sink.url(),
                            "cursor.file=" + folder.resolve("managed.db")))) {
                Page page = open(connector.link() + "#/exports/managed/webhook");
                button(page, "Run them here").click();
                Locator line = page.locator("tbody tr").first();
                assertThat(line.locator("[data-name='Accepted']")).hasText("400");
                assertThat(button(page, "Stop running them here")).isVisible();

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
                shoot(page, "export-edit");
                Files.writeString(file, Files.readString(file) + "# by hand\n");
                button(page, "Write the change").click();
                assertThat(page.locator(".manage .problem").first()).containsText("was changed");
                button(page, "Close").click();
                button(page, "Resume").click();
                assertThat(line).containsText("idle");
                assertThat(Files.readString(file)).startsWith("# Ours.").endsWith("# by hand\n");

                button(page, "Delete…").click();
                page.getByLabel("Type managed to continue").fill("managed");
                button(page, "Delete").click();
                assertThat(page.getByText("No export yet.")).isVisible();
                assertThat(file).doesNotExist();
            }
        }
    }

    /** The settings of an export of the failed logins. */
    private static String[] failedLogins(WebhookServer sink) {
        return with(
                "lake.root=file:" + lake,
                "query.tenant-id=acme",
                "query.dataset-id=syslog",
                "query.sql=" + FAILED_LOGINS,
                "destination.type=webhook",
                "destination.webhook.url=" + sink.url());
    }
}
