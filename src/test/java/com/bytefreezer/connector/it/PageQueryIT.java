package com.bytefreezer.connector.it;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.ConnectorProcess;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The page as a person meets it: a query, its records and its errors. */
class PageQueryIT extends PageBed {
    @Test
    void aClickOnAValueFiltersExcludesAndGroups() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", "SELECT hostname, message FROM events", "all"));
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
        page.locator("[data-tab=records]").click();
        page.locator(".cell").first().click();
        button(page, "Its records").click();
        assertThat(page.locator(".cm-content")).containsText("WHERE hostname = '" + host + "'");
        assertThat(page.locator(".grid-head button").first()).containsText("timestamp");

        // A computed column may have the name of another one; the order is that of the keys, also in the record.
        ask(page, "SELECT upper(hostname) AS hostname, message FROM events");
        assertThat(page.locator(".grid-head button").first()).containsText("hostname");
        page.locator(".grid").focus();
        page.keyboard().press("s");
        page.keyboard().press("s");
        assertThat(page.locator(".grid-head [aria-sort=descending]")).containsText("hostname");
        assertThat(page.locator(".cost")).containsText("4,000 records");
        page.keyboard().press("Space");
        assertThat(page.locator(".record")).containsText("WEB-02");
        page.keyboard().press("ArrowDown");
        assertThat(page.locator(".record")).containsText("Record 2 of 4,000");
        assertThat(page.locator(".record")).containsText("WEB-02");
        page.keyboard().press("Escape");
        assertThat(page.locator(".grid")).isFocused();
        assertThat(page.locator(".grid")).hasAttribute("aria-activedescendant", "cell-1-0");
        page.keyboard().press("Enter");
        button(page, "Filter").click();
        assertThat(page.locator(".cm-content")).containsText("WHERE hostname = 'WEB-02'");
        assertThat(page.locator(".cost")).containsText("records");
        assertThat(page.locator(".cost")).not().containsText("4,000 records");
    }

    @Test
    void hundredsOfColumnsAreReadWithoutWritingSql() {
        Page page = open(address(Where.FOLDER) + linkTo("wide/windows", null, null));
        assertThat(page.locator(".grid-head button").first()).containsText("@timestamp");
        assertThat(page.locator(".cell").first()).hasText("2026-11-01T10:16:41.813Z");
        assertThat(page.locator(".cost")).containsText("first 500 records, more as you scroll");
        assertThat(page.locator(".columns-panel"))
                .containsText(Pattern.compile("with values in this result \\(\\d+ of 457\\)"));
        shoot(page, "wide");
        page.getByLabel("Search columns").fill("sourcename");
        assertThat(page.locator(".columns-panel .columns > li")).hasCount(1);
        page.locator(".columns-panel .columns .name").click();
        button(page, "Pin").click();
        assertThat(page.locator(".grid-head button").first()).containsText("SourceName");
        assertThat(page).hasURL(Pattern.compile("pinned=1&column=SourceName&column=%40timestamp"));
        page.getByLabel("Search columns").fill("EventID");
        page.getByLabel("Show EventID").uncheck();
        page.reload();
        assertThat(page.locator(".grid-head .pinned")).containsText("SourceName");
        assertThat(page.url()).contains("column=Hostname").doesNotContain("column=EventID");
        page.getByLabel("Search columns").fill("TargetUserName00");
        page.locator(".columns-panel .columns .name").click();
        assertThat(page.locator(".opened")).containsText("varchar in 1 object: varchar in all records");
        page.locator(".grid").focus();
        page.keyboard().press("Space");
        assertThat(page.locator(".record .empty summary")).containsText(Pattern.compile("4\\d\\d fields empty"));
        page.keyboard().press("ArrowDown");
        assertThat(page.locator(".record")).containsText("Record 2 of 500");
        shoot(page, "wide-record");
        page.locator(".record")
                .getByText("SourceName", new Locator.GetByTextOptions().setExact(true))
                .click();
        button(page, "Filter").click();
        assertThat(page.locator(".cm-content")).containsText("WHERE \"SourceName\" = 'Microsoft-Windows-Provider-");
        assertThat(page.locator(".cost")).containsText("newest first by @timestamp");
        for (int width : List.of(720, 390)) {
            page.setViewportSize(width, 450);
            assertThat(page.locator(".cell").first()).isVisible();
            assertThat(number(page.evaluate("() => document.documentElement.scrollWidth")))
                    .isLessThanOrEqualTo(width);
            shoot(page, "wide-" + width);
        }
    }

    private static void scrollToTheEnd(Page page) {
        page.locator(".grid").evaluate("grid => grid.scrollTop = grid.scrollHeight");
    }

    @Test
    void columnsHaveProfilesAndTheChartCounts() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", "SELECT * FROM events", "all"));
        assertThat(page.locator(".cell").first()).isVisible();
        page.locator(".columns-panel .columns")
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

    @Test
    void anErrorOfTheSqlIsMarkedWhereItIs() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".cell").first()).isVisible();
        ask(page, "SELECT message\nFROM events\nWHERE nosuchcolumn = 1");
        assertThat(page.locator(".result .problem")).containsText("nosuchcolumn");
        assertThat(page.locator(".cm-lintRange-error")).containsText("nosuchcolumn");
        assertThat(page.locator(".result")).containsText("These are still the records of the previous query.");
        shoot(page, "sql-error");
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

    @Test
    void aQueryIsAskedOnceEvenWhenTheDatasetIsSeenSooner() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", ENDLESS, "all"));
        assertThat(page.locator(".facts").first()).containsText("12 objects");
        button(page, "Cancel").click();
        assertThat(page.locator(".result")).containsText("Cancelled");

        assertThat(asked).filteredOn("POST /api/v1/query"::equals).hasSize(1);
    }

    @Test
    void aSlowQueryIsCancelledAndTheNextOneAnswers() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".cell").first()).isVisible();
        assertThat(page.locator(".matches[aria-busy=false]")).isVisible();
        double place = placeOf(page, ".panel");
        ask(page, ENDLESS);
        assertThat(page.locator(".panel.stale")).isVisible();
        button(page, "Cancel").click();
        assertThat(page.locator(".result")).containsText("Cancelled");
        assertThat(page.locator(".panel.old")).isVisible();
        assertThat(page.locator(".result")).containsText("These are still the records of the previous query.");
        // No record has moved under the hand of the person.
        assertThat(placeOf(page, ".panel")).isEqualTo(place);
        shoot(page, "cancelled");
        page.locator("[data-tab=chart]").click();
        assertThat(page.locator(".result")).containsText("This is still the chart of the previous query.");
        page.locator("[data-tab=records]").click();
        ask(page, "   ");
        assertThat(page.locator(".cost")).containsText("newest first by");
        assertThat(page.locator(".cm-content")).containsText("FROM events");
        ask(page, "SELECT count(*) AS records FROM events");
        assertThat(page.locator(".cost")).containsText("1 record");
    }

    private static double placeOf(Page page, String part) {
        return page.locator(part).boundingBox().y;
    }

    @Test
    void twoTabsWorkOnTwoDatasetsAtOnce() {
        Page one = open(address(Where.FOLDER)
                + linkTo("acme/syslog", "SELECT DISTINCT 'syslog' AS which, count(*) FROM events", "all"));
        Page other = open(address(Where.FOLDER)
                + linkTo("acme/firewall", "SELECT DISTINCT 'firewall' AS which, count(*) FROM events", "all"));
        // While the link's own query runs, the button would cancel it.
        assertThat(one.locator(".cell").first()).hasText("syslog");
        assertThat(other.locator(".cell").first()).hasText("firewall");
        for (int turn = 0; turn < 2; turn++) {
            run(one).click();
            run(other).click();
            assertThat(one.locator(".cell").first()).hasText("syslog");
            assertThat(other.locator(".cell").first()).hasText("firewall");
        }
        assertThat(one.locator(".columns-panel .columns")).containsText("message");
        assertThat(other.locator(".columns-panel .columns")).not().containsText("message");
    }

    @Test
    void noTextOfARecordOrAColumnIsEverMarkup() {
        Page page = open(address(Where.FOLDER) + linkTo("hostile/events", null, null));
        Locator script = page.locator(".cell", new Page.LocatorOptions().setHasText("<script>window.hit=1</script>"));
        assertThat(script.first()).isVisible();
        assertThat(page.locator(".columns-panel .columns")).containsText("<script>window.hit=2</script>");
        assertThat(page.locator(".cell")
                        .filter(new Locator.FilterOptions().setHasText("javascript:"))
                        .first())
                .isAttached();
        shoot(page, "hostile");
        for (Locator name : page.locator(".columns-panel .columns .name").all()) {
            name.click();
            assertThat(page.locator(".profile")).containsText("distinct");
        }
        script.first().click();
        assertThat(page.locator(".value-menu pre")).hasText("<script>window.hit=1</script>");
        button(page, "Record").click();
        assertThat(page.locator(".record .fields-of-record")).containsText("<svg onload=window.hit=5>");
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

    @Test
    void aHundredThousandRecordsScrollAsFewElements() {
        Page page = open(address(Where.FOLDER) + linkTo("large/events", null, null));
        assertThat(page.locator(".cost")).containsText("first 500 records");
        scrollToTheEnd(page);
        assertThat(page.locator(".cost")).containsText("first 10,000 records");
        button(page, "Show 100,000").click();
        assertThat(page.locator(".cost")).containsText("first 100,000 records");
        // How long the page is busy between two frames while it scrolls from end to end; the median, since the machine
        // may be busy too.
        Object usual = page.evaluate("""
                async () => {
                  const grid = document.querySelector('.grid');
                  const times = [];
                  let last = performance.now();
                  for (let step = 0; step <= 120; step++) {
                    grid.scrollTop = grid.scrollHeight * step / 120;
                    await new Promise(requestAnimationFrame);
                    const time = performance.now();
                    times.push(time - last);
                    last = time;
                  }
                  return times.sort((a, b) => a - b)[60];
                }""");
        System.err.printf("page: usually %.0f ms between frames while 100,000 records scroll%n", number(usual));
        assertThat(page.getByText("message number 99999")).isVisible();
        assertThat(page.locator(".cell").count()).isLessThan(1000);
        assertThat(number(usual)).isLessThan(500);
        page.locator(".grid-head button").first().click();
        page.locator(".grid-head button").first().click();
        assertThat(page.locator(".cell", new Page.LocatorOptions().setHasText("message number 99999")))
                .isAttached();
    }

    @Test
    void noRowAndNoHeadingIsLostByAScroll() {
        Page page = open(address(Where.FOLDER) + linkTo("large/events", null, null));
        assertThat(page.locator(".cost")).containsText("first 500 records");
        scrollToTheEnd(page);
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
    void aHundredObjectsAnswerAtOnceAndQueriesLeaveNoMemoryBehind() throws Exception {
        Page page = open(address(Where.MINIO));
        Locator hundred = page.locator(".tree a[href='#/data/hundred/events']");
        assertThat(hundred).isVisible();
        double clicked = now(page);
        hundred.click();
        assertThat(page.locator(".cell").first()).isVisible();
        double shown = now(page);
        button(page, "All").click();
        assertThat(page.locator(".cost")).containsText("100 of 100 objects read");
        System.err.printf(
                "page, MinIO, 100 objects: %.0f ms from the click to the first records, %.0f ms to read all objects%n",
                shown - clicked, now(page) - shown);
        ask(page, "SELECT n % 7 AS seventh, count(*) AS records FROM events GROUP BY 1");
        assertThat(page.locator(".cost")).containsText("7 records");
        queriesLeaveNoMemoryBehind(12);
    }

    @Test
    @Tag("soak")
    void fiftyQueriesLeaveNoMemoryBehind() throws Exception {
        queriesLeaveNoMemoryBehind(50);
    }

    private static void queriesLeaveNoMemoryBehind(int queries) throws Exception {
        ConnectorProcess connector = connector(Where.MINIO);
        repeat(connector, 4);
        long afterFew = connector.residentMegabytes();
        repeat(connector, queries - 4);
        long afterMany = connector.residentMegabytes();
        System.err.printf(
                "page, MinIO, 100 objects: %d MB resident after 4 queries, %d MB after %d%n",
                afterFew, afterMany, queries);
        assertThat(afterMany).isLessThan(afterFew + 30);
    }

    @Test
    void nothingFoundOffersToAskAllPartitions() {
        Page page = open(
                address(Where.FOLDER) + linkTo("acme/syslog", "SELECT * FROM events WHERE message = 'never'", null));
        assertThat(page.locator(".state-title")).hasText(Pattern.compile("0 of \\d+ records match."));
        shoot(page, "no-records");
        button(page, "Query all partitions").click();
        assertThat(button(page, "All")).hasAttribute("aria-pressed", "true");
        assertThat(page.locator(".state-title")).hasText("0 of 4,000 records match.");
    }

    @Test
    void lookupsStandBesideTheColumnsAndJoin() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", null, null));
        page.getByText("Lookups").click();
        page.locator("summary").getByText("owners").click();
        assertThat(page.locator(".lookup")).containsText("1 row");
        assertThat(page.locator(".lookup")).containsText("owner");
        shoot(page, "lookups");
        page.locator(".cm-content").click();
        page.keyboard().press("Control+a");
        page.keyboard().type("SELECT hostname, owner FROM events JOIN own");
        assertThat(page.locator(".cm-tooltip-autocomplete")).containsText("owners");
        page.keyboard().press("Escape");
        ask(page, "SELECT owner, count(*) AS n FROM events JOIN owners ON source_ip = ip GROUP BY owner");
        assertThat(page.locator(".grid")).containsText("edge team");
    }

    @Test
    void theEditorCompletesColumnsAndFunctionsAndRemembersQueries() {
        Page page = open(address(Where.FOLDER) + linkTo("acme/syslog", null, null));
        assertThat(page.locator(".columns-panel .columns")).containsText("hostname");
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
}
