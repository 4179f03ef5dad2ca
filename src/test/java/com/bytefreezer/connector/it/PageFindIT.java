package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.Chromium;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.PackerKeys;
import com.bytefreezer.connector.testing.SimulatedBucket;
import com.bytefreezer.connector.testing.TestTools;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.BoundingBox;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page as a person meets it: the datasets, links to them, and what it says when there are none. */
class PageFindIT extends PageBed {
    @ParameterizedTest
    @EnumSource
    void anEmptyLakeTellsWhereItLooked(Where where) throws IOException {
        String[] empty;
        if (where == Where.FOLDER) {
            empty = with("lake.root=file:" + Files.createDirectories(folder.resolve("empty")));
        } else {
            minio().createBucket("empty");
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
    void datasetsAreGroupedByTenantNewestActivityFirst(Where where) {
        Page page = open(address(where));
        List<String> byActivity = List.of("acme", "hostile", "large", "wide", "hundred");
        // The newest partitions that are not found within two seconds are known the next time.
        Await.until("the order by activity", () -> {
            assertThat(page.locator(".tree h3")).hasCount(byActivity.size());
            if (page.locator(".tree h3").allTextContents().equals(byActivity)) {
                return true;
            }
            page.reload();
            return false;
        });
        Locator syslog = dataset(page, "syslog");
        assertThat(syslog.locator(".aside")).containsText(" ago");
        assertThat(syslog).hasAttribute("title", "syslog: newest partition 2026-11-20 14:00 UTC");
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

    @Test
    void withoutTheTokenThePageTellsWhereItIs() {
        Page stranger = open(connector(Where.MINIO).link());
        assertThat(stranger.locator("main")).containsText("A token is needed");
        assertThat(stranger.locator("main")).containsText("link that the connector showed");
        shoot(stranger, "no-token");
        Page friend = open(address(Where.MINIO));
        assertThat(dataset(friend, "syslog")).isVisible();
        assertThat(friend.url()).doesNotContain(TOKEN);
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

    @Test
    void anAbsentControlPlaneIsToldAndReturnsByItself() {
        try (ControlServer control = ControlServer.start();
                LatencyProxy way = LatencyProxy.start(control.url(), Duration.ZERO)) {
            control.accept();
            control.replyWhen(
                    request -> request.path().startsWith("/api/v1/accounts/an-account/tenants"),
                    Reply.of(200, "{\"items\":[{\"id\":\"acme\",\"name\":\"Acme\"}]}"));
            control.replyWhen(
                    request -> request.path().startsWith("/api/v1/tenants/acme/datasets?"),
                    Reply.of(200, "{\"items\":[{\"id\":\"syslog\"},{\"id\":\"firewall\"}]}"));
            control.grant("acme", "syslog", minio(), "lake");
            way.cut();
            try (ConnectorProcess connector = connector(with(
                    "control.url=" + way.endpoint(),
                    "control.account-id=an-account",
                    "control.api-key=never-shown",
                    "duckdb.extension-directory=" + TestTools.duckdbExtensions()))) {
                // Nothing is known yet.
                Page other = open(connector.link());
                Locator away = other.locator("main .problem");
                assertThat(away).containsText("control plane %s: no answer".formatted(way.endpoint()));
                assertThat(away).not().containsText("never-shown");
                shoot(other, "control-down");
                button(other, "Try again").click();
                assertThat(away).containsText("no answer");
                way.heal();
                assertThat(dataset(other, "firewall")).isVisible();
                Page page = open(connector.link() + linkTo("acme/syslog", FAILED_LOGINS, "all"));
                assertThat(page.locator(".cost")).containsText("400 records");

                way.cut();
                ask(page, "SELECT count(*) AS records FROM events");
                assertThat(page.locator(".cost")).containsText("1 record");
                page.reload();
                assertThat(page.locator(".cost")).containsText("1 record");
                Locator note =
                        page.locator(".side .note").filter(new Locator.FilterOptions().setHasText("control plane"));
                assertThat(note).hasCount(1);
                assertThat(note).containsText("These are the datasets of its last answer.");
                shoot(page, "control-away");
                dataset(other, "firewall").click();
                Locator problem = other.locator(".find .problem");
                assertThat(problem).containsText("no answer");
                assertThat(other.locator(".result[aria-busy=false]")).isVisible();
                assertThat(other.locator(".problem")).hasCount(1);
                shoot(other, "control-away-unknown");

                control.grant("acme", "firewall", minio(), "lake");
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
                new ArrayList<>(new PackerKeys(400_000, Duration.ofSeconds(21), Instant.parse("2026-11-21T08:59:00Z")));
        vast.add("acme/other/data/parquet/year=2026/month=11/day=20/a.parquet");
        try (SimulatedBucket bucket = SimulatedBucket.start(vast, key -> Instant.EPOCH, new byte[1]);
                // Four hundred pages of a listing, so 200 s.
                LatencyProxy slow = LatencyProxy.start(bucket.endpoint(), Duration.ofMillis(500));
                ConnectorProcess connector = connector(with(
                        "s3.bucket=" + SimulatedBucket.NAME,
                        "s3.endpoint=" + slow.endpoint(),
                        "s3.access-key=a",
                        "s3.secret-key=s",
                        "duckdb.extension-directory=" + TestTools.duckdbExtensions(),
                        "server.max-queries=1"))) {
            Page page = open(connector.link() + linkTo("acme/events", null, null));
            Await.until("it is listed", () -> bucket.listings().size() > 5);
            dataset(page, "other").click();
            assertThat(page.locator(".facts").first()).containsText("1 object");
            assertThat(bucket.listings()).as("pages listed, not all").hasSizeLessThan(400);
        }
    }

    @Test
    void whatAClosedTabWaitedForEnds() {
        try (ConnectorProcess connector = connector(with("lake.root=file:" + lake(), "server.max-queries=1"))) {
            Page closed = open(connector.link() + linkTo("acme/syslog", ENDLESS, "all"));
            assertThat(button(closed, "Cancel")).isVisible();
            Page other = open(connector.link() + linkTo("acme/syslog", null, null));
            Await.until("the query of the first tab runs", () -> {
                if (closed.locator(".result .problem").isVisible()) {
                    // Another look at the dataset was there first.
                    run(closed).click();
                }
                askAgain(other);
                Locator problem = other.locator(".result .problem");
                return button(closed, "Cancel").isVisible()
                        && problem.isVisible()
                        && problem.textContent().contains("1 queries are running already");
            });

            closed.close();
            Await.until("the query of the closed tab has ended", () -> {
                askAgain(other);
                return other.locator(".cost").isVisible();
            });
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
        assertThat(button(page, "Download")).isDisabled();
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
        // An answer that nobody expects.
        page.route("**/api/v1/runs", route -> route.fulfill(new Route.FulfillOptions().setBody("{\"runs\":[null]}")));
        page.navigate(address + "#/runs");
        assertThat(page.locator("main")).containsText("This view cannot be shown.");
        page.getByText("Go back to the data").click();
        assertThat(page.locator(".cell").first()).isVisible();
    }

    @Test
    void aLinkShowsTheSameDatasetRangeAndQuery() {
        Page page =
                open(address(Where.FOLDER) + linkTo("acme/firewall", "SELECT count(*) AS records FROM events", "all"));
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

    @Test
    void aConnectorThatWasAwayAnswersWhatWasAskedMeanwhile() {
        try (LatencyProxy way =
                LatencyProxy.start(URI.create(connector(Where.FOLDER).link()), Duration.ZERO)) {
            Page page = open(
                    "http://localhost:%d/%s".formatted(way.endpoint().getPort(), linkTo("acme/syslog", null, null)));
            assertThat(page.locator(".cell").first()).isVisible();
            assertThat(page.locator(".cm-content")).isVisible();
            way.cut();
            ask(page, "SELECT 7 AS seven FROM events LIMIT 1");
            // Once, wherever it is known first.
            Locator problem = page.locator(".workspace .problem");
            assertThat(problem.first()).containsText("The connector does not answer.");
            assertThat(page.locator(".result")).containsText("These are still the records of the previous query.");
            page.locator("nav").getByText("Exports").click();
            assertThat(page.locator("main .problem")).containsText("the connector does not answer");
            way.heal();
            assertThat(page.locator("main h1")).hasText("Exports");
            page.goBack();
            assertThat(problem).hasCount(0);
            assertThat(page.locator(".cell").first()).hasText("7");
        }
    }

    @Test
    void theKeyboardIsEnough() {
        Page page = open(address(Where.FOLDER));
        // The one with the newest records opens by itself.
        assertThat(page.locator("h1")).containsText("firewall");
        assertThat(page.locator(".questions button")).hasCount(3);
        page.keyboard().press("Control+k");
        page.keyboard().type("sysl");
        page.keyboard().press("Enter");
        assertThat(page.locator("h1")).containsText("syslog");
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
        assertThat(page.locator(".grid")).isFocused();
    }

    @Test
    void onAPhoneTheThreeMovesStack() {
        Page page = open(
                new Browser.NewContextOptions().setViewportSize(390, 844),
                address(Where.FOLDER) + linkTo("acme/syslog", FAILED_LOGINS, "all"));
        assertThat(page.locator(".cost")).containsText("400 records");
        // What stands above is there, too, so that nothing moves any more.
        assertThat(page.locator(".facts").first()).containsText("12 objects");
        assertThat(page.locator(".sentence")).containsText("400 records");
        assertThat(page.locator(".matches svg")).isVisible();
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
    void draggingOverTheTimelineChoosesWhatIsRead() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", "SELECT count(*) AS records FROM events", null));
        assertThat(page.locator(".cost")).containsText("1 of 12 objects read");
        BoundingBox timeline = page.locator(".timeline svg").boundingBox();
        page.mouse().move(timeline.x + 2, timeline.y + 20);
        page.mouse().down();
        page.mouse().move(timeline.x + timeline.width / 2, timeline.y + 20);
        page.mouse().up();
        assertThat(page.locator(".cost")).not().containsText("1 of 12 objects read");
        assertThat(page.locator(".cost")).containsText("of 12 objects read");
        assertThat(page).hasURL(Pattern.compile("from=2026-11-18T00"));
    }

    private static void askAgain(Page page) {
        run(page).click();
        page.locator(".result[aria-busy=false]").waitFor();
    }
}
