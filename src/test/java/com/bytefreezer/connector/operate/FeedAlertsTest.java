package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.api.feeds.FeedsHere;
import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.text.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When people are told of feeds, packs and the spool; the clock is the test's. */
class FeedAlertsTest {
    private static final Spool.Fill EMPTY = new Spool.Fill(0, 1000, Long.MAX_VALUE, 1);

    @TempDir
    private Path folder;

    @AutoClose
    private final ScriptedServer people = ScriptedServer.start();

    private final Here here = new Here();
    private Settings settings;
    private Telling telling;
    private FeedAlerts alerts;
    private Instant now = Instant.now();

    /** Feeds as the test says. */
    private static final class Here implements FeedsHere {
        private String trouble = "";
        private Optional<Instant> lastEvent = Optional.empty();
        private Spool.Fill fill = EMPTY;
        private long deadLetters;
        private Map<DatasetName, String> failing = Map.of();

        @Override
        public Map<String, Open> open() {
            FeedDefinition feed = new FeedDefinition(
                    "firewall",
                    "syslog",
                    DatasetChoice.of("acme", "fw"),
                    "syslog",
                    Optional.empty(),
                    Map.of("name", "firewall"));
            return Map.of(
                    "firewall", new Open(feed, "", Optional.of(trouble).filter(why -> !why.isEmpty()), lastEvent));
        }

        @Override
        public Optional<Spool.Fill> fill() {
            return Optional.of(fill);
        }

        @Override
        public Optional<Sources> sources() {
            return Optional.empty();
        }

        @Override
        public Map<DatasetName, String> failing() {
            return failing;
        }

        @Override
        public Optional<List<DatasetState>> states() {
            return Optional.of(List.of(state("fw", deadLetters), state("d0", 0), state("d1", 0)));
        }

        private static DatasetState state(String dataset, long deadLetters) {
            return new DatasetState("acme", dataset, deadLetters, 0, 0, deadLetters, 0, 0, null, null, 0);
        }
    }

    @BeforeEach
    void start() throws IOException {
        Files.createDirectories(folder.resolve("spool"));
        start("0");
    }

    private void start(String noDataSeconds) {
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        Map<String, String> all = new TreeMap<>(lake.settings("SELECT 1 FROM events"));
        all.put("spool.folder", folder.resolve("spool").toString());
        all.put("notifications.type", "webhook");
        all.put("notifications.webhook.url", people.url().toString());
        all.put("notifications.no-data-seconds", noDataSeconds);
        settings = TestRun.settings(folder, all);
        telling = new Telling(settings, new Secrets(), Duration.ZERO);
        restart();
    }

    @AfterEach
    void stop() {
        telling.close();
    }

    private void restart() {
        alerts = new FeedAlerts(settings, new FeedHealth(settings, here));
    }

    private void after(int seconds) {
        now = now.plusSeconds(seconds);
        alerts.look(telling, now);
    }

    /** What was told since the last call. */
    private String told() {
        List<String> all = people.requests().stream().map(Request::text).toList();
        String news = String.join("\n", all.subList(seen, all.size()));
        seen = all.size();
        return news;
    }

    private int seen;

    @Test
    void aFeedFailingForAMinuteIsToldAndItsEnd() {
        here.trouble = "the brokers cannot be reached";
        after(0);
        after(59);
        assertThat(told()).isEmpty();
        after(2);
        assertThat(told())
                .startsWith("{\"feed\":\"firewall\",\"condition\":\"failing\",\"state\":\"begun\"")
                .contains("\"text\":\"feed firewall fails: the brokers cannot be reached.\"");
        after(60);
        restart();
        after(0);
        after(300);
        // A moment without trouble is not its end, and neither is a restart.
        here.trouble = "";
        after(1);
        restart();
        after(1);
        after(59);
        assertThat(told()).isEmpty();
        after(2);
        assertThat(told()).contains("\"state\":\"over\"", "feed firewall works again.");
        after(100);
        assertThat(told()).isEmpty();
    }

    @Test
    void aFeedWithoutEventsIsToldUntilOneComes() {
        telling.close();
        start("600");
        after(300);
        assertThat(told()).isEmpty();
        after(400);
        assertThat(told()).contains("\"condition\":\"no-data\"", "feed firewall has brought no event since 20");
        restart();
        after(10);
        assertThat(told()).isEmpty();
        here.lastEvent = Optional.of(now);
        after(10);
        assertThat(told()).contains("\"state\":\"over\"", "feed firewall brings events again.");
        after(700);
        assertThat(told()).contains("no-data").contains("begun");
    }

    @Test
    void newDeadLettersAreToldUntilNoneHasComeForAnHour() {
        after(1);
        here.deadLetters = 3;
        after(1);
        assertThat(told())
                .startsWith("{\"dataset\":\"acme/fw\",\"condition\":\"dead-letters\"")
                .contains("dataset acme/fw has new dead letters, 3 in all (");
        here.deadLetters = 4;
        restart();
        after(1800);
        after(1801);
        assertThat(told()).isEmpty();
        after(1800);
        assertThat(told()).contains("\"state\":\"over\"");
        restart();
        after(1);
        assertThat(told()).isEmpty();
        here.deadLetters = 5;
        after(1);
        assertThat(told()).contains("5 in all");
    }

    @Test
    void aSpoolIsNearlyFullFromFourFifthsDownToSevenTenths() {
        here.fill = new Spool.Fill(799, 1000, Long.MAX_VALUE, 1);
        after(1);
        assertThat(told()).isEmpty();
        here.fill = new Spool.Fill(850, 1000, Long.MAX_VALUE, 1);
        after(1);
        assertThat(told())
                .startsWith("{\"spool\":\"")
                .contains("\"condition\":\"nearly-full\"", "is 85 % full; once it is full, senders are refused.");
        here.fill = new Spool.Fill(710, 1000, Long.MAX_VALUE, 1);
        after(1);
        assertThat(told()).isEmpty();
        here.fill = new Spool.Fill(690, 1000, Long.MAX_VALUE, 1);
        after(1);
        assertThat(told()).contains("has room again.");
        // Of the disk, what stays free for packs and as much again.
        here.fill = new Spool.Fill(0, 1000, 1500, 1000);
        after(1);
        assertThat(told()).contains("is 90 % full");
    }

    @Test
    void failedPacksAreToldOneByOneWhileTheyAreFew() {
        here.failing = failing(2);
        after(1);
        assertThat(told())
                .contains("dataset acme/d0 cannot be packed: 403 from s3://lake.", "dataset acme/d1 cannot")
                .doesNotContain("spool");
        here.failing = failing(5_000);
        after(1);
        restart();
        after(1);
        assertThat(told().lines())
                .singleElement()
                .asString()
                .startsWith("{\"spool\":\"")
                .contains(
                        "has 5,000 datasets that cannot be packed; one of them: dataset acme/d0 cannot be packed: 403");
        here.failing = failing(1);
        after(1);
        assertThat(told()).contains("dataset acme/d1 is packed again.").doesNotContain("spool");
        here.failing = Map.of();
        after(1);
        assertThat(told()).contains("dataset acme/d0 is packed again.").containsPattern("spool \\S+ is packed again");
        after(1);
        assertThat(told()).isEmpty();
    }

    private static Map<DatasetName, String> failing(int count) {
        return IntStream.range(0, count)
                .boxed()
                .collect(Collectors.toMap(i -> new DatasetName("acme", "d" + i), i -> "403 from s3://lake."));
    }

    @Test
    void whatIsNotTakenIsToldLaterDespiteAFullDisk() throws IOException {
        people.reply(500);
        Files.delete(folder.resolve("spool"));
        Files.writeString(folder.resolve("spool"), "no folder");
        here.fill = new Spool.Fill(999, 1000, Long.MAX_VALUE, 1);
        after(1);
        people.reply(200);
        told();
        after(1);
        assertThat(told()).contains("nearly-full");
        after(1);
        assertThat(told()).isEmpty();
    }
}
