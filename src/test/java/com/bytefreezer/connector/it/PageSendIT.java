package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page as a person meets it: records on their way to a destination. */
class PageSendIT extends PageBed {
    @Test
    void anAnalystFindsFailedLoginsSeesThePayloadAndExportsThemOnce() {
        try (WebhookServer sink = WebhookServer.start()) {
            Page page = open(address(Where.MINIO));
            assertThat(page.locator(".tree a").first()).isVisible();
            shoot(page, "start");
            double before = now(page);
            dataset(page, "syslog").click();
            assertThat(page.locator(".cell").first()).isVisible();
            System.err.printf(
                    "page, MinIO: %.0f ms from the click on a dataset to its first records%n", now(page) - before);
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

    @Test
    void aStoppedExportsBalanceIsWhatTheDestinationHas() {
        try (WebhookServer sink = WebhookServer.start()) {
            // Slow enough that it is still going on when somebody stops it.
            sink.reply(Reply.of(200).after(Duration.ofSeconds(3)));
            Page page = open(address(Where.FOLDER) + linkTo("large/events", "SELECT n FROM events", "all"));
            assertThat(page.locator(".cell").first()).isVisible();
            choose(page, "webhook", Map.of("url", sink.url().toString()));
            button(page, "Export once").click();
            assertThat(page.locator(".run.running")).containsText(Pattern.compile(", [1-9][0-9,]* records accepted"));
            page.reload();
            assertThat(page.locator(".run.running")).containsText("large / events → webhook");
            assertThat(page.locator("[id='setting-destination.webhook.url']"))
                    .hasValue(sink.url().toString());
            assertThat(button(page, "Export once")).isDisabled();
            shoot(page, "export-running");
            page.route("**/api/v1/runs/*", route -> {
                // This stop never arrives.
                if (route.request().method().equals("DELETE")) {
                    route.fulfill(new Route.FulfillOptions().setStatus(200).setBody("{}"));
                } else {
                    route.resume();
                }
            });
            button(page, "Stop").click();
            assertThat(page.locator(".run")).containsText("It stops when the batches in flight are answered");
            // From another tab.
            Page runs = open(address(Where.FOLDER) + "#/runs");
            assertThat(runs.locator("tbody tr").first()).containsText("large / events → webhook");
            shoot(runs, "runs");
            button(runs, "Stop").click();
            assertThat(runs.locator("tbody tr").first()).containsText("cancelled");
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
            button(page, "Show an accepted record beside it").first().click();
            assertThat(letter.locator("figure .json")).containsText("Failed password");
            assertThat(letter.locator("figure .json")).not().containsText("for root from");
            page.locator(".run > details > summary")
                    .filter(new Locator.FilterOptions().setHasText("Log"))
                    .click();
            assertThat(page.locator(".run .log")).containsText("root is not wanted");
            shoot(page, "export-beside");
            page.reload();
            assertThat(page.locator(".run.succeeded .letters li").first()).containsText("root is not wanted");
            shoot(page, "export-refused");

            page.locator(".run summary").first().click();
            button(page, "Change the query…").click();
            page.getByLabel("Query for these only")
                    .fill("SELECT upper(message) AS message FROM events WHERE hash(message) % 2 = 0");
            assertThat(button(page, "Replay what it selects")).isDisabled();
            button(page, "Try").click();
            assertThat(page.locator(".change-query .verdict"))
                    .containsText(Pattern.compile("^[1-9]\\d* of 175 dead letters would be sent. \\d+ not selected."));
            assertThat(page.locator(".change-query figure .json").nth(1)).containsText("FOR ROOT FROM");
            shoot(page, "change-query");
            button(page, "Replay what it selects").click();
            assertThat(page.locator(".run .verdict"))
                    .containsText(Pattern.compile("^[1-9]\\d* replayed, 0 failed, \\d+ not selected"));
            assertThat(sink.records())
                    .filteredOn(record -> record.contains("FOR ROOT FROM"))
                    .isNotEmpty()
                    .doesNotHaveDuplicates();

            sink.replyWhen(request -> true, Reply.of(200));
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Replay all"))
                    .click();
            assertThat(page.locator(".run .balance"))
                    .hasText("400 selected = 400 accepted + 0 duplicates + 0 dead-lettered");
        }
    }

    @Test
    void aQueryBecomesAnExportThatIsShownBeforeItIsWritten() throws IOException {
        String name = "failed-logins";
        try (WebhookServer sink = WebhookServer.start()) {
            Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
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
            assertThat(Files.readString(shared().resolve("routes/exports/%s.camel.yaml".formatted(name))))
                    .contains("Failed password", name);
            button(page, "Write the file").click();
            assertThat(page.locator(".save .problem")).isVisible();
        }
    }

    @Test
    void aDestinationThatIsDownIsToldInOneLine() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
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
    void twoPeopleWorkAtOnce() {
        Page one = open(address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        Page other = open(address(Where.FOLDER) + linkTo("acme/firewall", "SELECT count(*) AS n FROM events", "all"));
        choose(one, "stdout", Map.of());
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
    void aSecretStaysHereAndAReadOnlyFolderGivesTheFile() throws Exception {
        Path routes = folder.resolve("fixed-routes");
        Routes.copyTo(routes);
        Path exports = routes.resolve("exports");
        try (ConnectorProcess connector = connector(
                routes,
                with(
                        "lake.root=file:" + lake(),
                        "destination.type=webhook",
                        "destination.webhook.url=http://127.0.0.1:9",
                        "destination.webhook.token=never-shown",
                        "destinations.siem-prod.kind=webhook",
                        "destinations.siem-prod.url=http://127.0.0.1:9",
                        "destinations.siem-prod.token=never-shown-either"))) {
            Page page = open(connector.link() + linkTo("acme/syslog", FAILED_LOGINS, "all"));
            assertThat(page.locator(".cost")).containsText("400 records");
            for (String destination : List.of("webhook", "siem-prod")) {
                choose(page, destination, Map.of());
                page.locator(".send summary").click();
                Locator token = page.locator(".send [id$='.token']");
                assertThat(token).hasAttribute("type", "password");
                assertThat(token).hasAttribute("placeholder", "configured; leave empty to keep it");
            }
            button(page, "Save as export…").click();
            assertThat(page.locator(".save .file").first()).containsText("siem-prod");
            assertThat(button(page, "Write the file")).isEnabled();
            assertThat(page.content()).doesNotContain("never-shown");
            button(page, "Close").click();

            assumeTrue(
                    TestTools.run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", exports.toString()), "mount needs root");
            try {
                button(page, "Save as export…").click();
                assertThat(page.locator(".save")).containsText("This process cannot write to the folder of");
                assertThat(button(page, "Write the file")).isDisabled();
                shoot(page, "read-only-folder");
                Download file =
                        page.waitForDownload(() -> button(page, "Download").click());
                assertThat(file.suggestedFilename()).isEqualTo("syslog-to-siem-prod.camel.yaml");
                assertThat(Files.readString(file.path())).contains("siem-prod", "Failed password");
            } finally {
                TestTools.run("umount", exports.toString());
            }
        }
    }
}
