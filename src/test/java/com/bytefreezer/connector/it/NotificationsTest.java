package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.MailReceiver;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People are told what happens to an export, once, and once when it is over. */
@Tag("slow")
class NotificationsTest {
    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer sink = WebhookServer.start();

    @AutoClose
    private final ScriptedServer people = ScriptedServer.start();

    @AutoClose
    private final ScriptedServer channel = ScriptedServer.start();

    private ParquetLake lake;

    @BeforeEach
    void makeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        object(1);
        people.reply(200);
        channel.reply(200);
    }

    @Test
    void aFailureAndDeadLettersAreToldOnceAndAtTheirEnd() throws Exception {
        sink.reply(Reply.of(403, "token-of-the-sink <is> not known"));
        assertThat(run(Map.of()).succeeded()).isFalse();
        // A restart repeats nothing.
        assertThat(run(Map.of()).succeeded()).isFalse();

        assertThat(people.requests()).singleElement().satisfies(request -> {
            assertThat(request.header("Authorization")).contains("Bearer token-of-people");
            assertThat(request.header("Content-Type")).contains("application/json");
            assertThat(request.text())
                    .startsWith(
                            "{\"export\":\"default\",\"destination\":\"webhook\",\"condition\":\"failing\",\"state\":\"begun\",\"since\":\"20")
                    .contains("\"text\":\"export default/webhook fails: ", "403", "***")
                    .doesNotContain("token-of-the-sink");
        });
        assertThat(channel.requests()).singleElement().satisfies(request -> assertThat(request.text())
                .startsWith("{\"text\":\"export default/webhook fails: ")
                .contains("&lt;is&gt;"));

        // A notification that is not taken does not disturb the export, and is told later.
        people.reply(500);
        sink.reply(200);
        sink.replyWhen(request -> request.text().contains("\"n\":17,"), Reply.of(422, "no"));
        assertThat(run(Map.of()).succeeded()).isTrue();
        assertThat(conditions(channel)).containsExactly("fails", "works again", "has 1 dead letters");
        people.reply(200);
        assertThat(run(Map.of()).succeeded()).isTrue();
        assertThat(told(people)).containsSubsequence("failing over", "dead-letters begun");

        Settings settings = settings(Map.of());
        Operations.ofStore(settings, () -> {
                    throw new AssertionError("no keys are needed");
                })
                .replay()
                .discard(settings.exports().get(0), Set.of());
        assertThat(run(Map.of()).succeeded()).isTrue();
        assertThat(run(Map.of()).succeeded()).isTrue();
        assertThat(told(people)).endsWith("dead-letters over").doesNotHaveDuplicates();
        assertThat(conditions(channel))
                .containsExactly("fails", "works again", "has 1 dead letters", "no longer has dead letters");
    }

    @Test
    void aLagIsToldOnceAndAtItsEnd() throws Exception {
        Files.setLastModifiedTime(object(1), FileTime.from(Instant.now().minus(Duration.ofDays(1))));
        sink.reply(Reply.of(403));
        run(Map.of());
        run(Map.of());
        assertThat(told(people)).containsExactly("failing begun", "lagging begun");

        sink.reply(200);
        run(Map.of());
        run(Map.of());
        assertThat(told(people)).containsExactly("failing begun", "lagging begun", "failing over", "lagging over");
        assertThat(people.requests()).hasSize(4);
    }

    @Test
    void aWatchTellsThatNoDataComesAndThatItComesAgain() throws Exception {
        try (TestRun.Running watch = TestRun.watch(settings(Map.of(
                "notifications.type",
                "webhook",
                "notifications.no-data-seconds",
                "2",
                "schedule.interval-seconds",
                "1")))) {
            Await.until("no data is told", () -> told(people).contains("no-data begun"));
            object(2);
            Await.until("data is told", () -> told(people).contains("no-data over"));
            assertThat(watch.log()).noneMatch(line -> line.startsWith("ERROR"));
        }
        assertThat(told(people).stream().filter("no-data over"::equals)).hasSize(1);
    }

    @Test
    void aMailIsSentAndNoLoginWithoutEncryption() throws Exception {
        sink.reply(Reply.of(403, "token-of-the-sink <is> nöt known"));
        try (MailReceiver mails = MailReceiver.start()) {
            Map<String, String> mail = Map.of(
                    "notifications.type", "mail",
                    "notifications.mail.host", "127.0.0.1",
                    "notifications.mail.port", String.valueOf(mails.port()),
                    "notifications.mail.from", "connector@here.example",
                    "notifications.mail.to", "ann@people.example,bob@people.example",
                    "notifications.mail.username", "connector",
                    "notifications.mail.password", "password-of-the-mail");

            // The server has no TLS.
            run(mail);
            assertThat(mails.conversation()).isNotEmpty().noneMatch(line -> line.startsWith("AUTH"));
            assertThat(mails.mails()).isEmpty();

            Map<String, String> plain = new TreeMap<>(mail);
            plain.put("notifications.mail.tls", "none");
            run(plain);
            run(plain);
            assertThat(mails.mails()).singleElement().satisfies(text -> assertThat(text)
                    .contains(
                            "From: connector@here.example\n",
                            "To: ann@people.example, bob@people.example\n",
                            "Subject: ByteFreezer: export default/webhook fails\n",
                            "charset=UTF-8")
                    .doesNotContain("token-of-the-sink"));
            assertThat(mails.conversation())
                    .contains("RCPT TO:<ann@people.example>", "RCPT TO:<bob@people.example>")
                    .anyMatch(line -> line.startsWith("AUTH"));

            sink.reply(200);
            run(plain);
            assertThat(mails.mails()).hasSize(2).last().asString().contains("works again");
        }
    }

    @Test
    void wrongOnesStopTheStart() {
        assertThatThrownBy(() -> settings(Map.of("notifications.type", "slak")))
                .hasMessageContaining(
                        "notifications.type: unknown notification \"slak\", available: mail slack webhook.");
        assertThatThrownBy(() -> settings(Map.of("notifications.slack.url", "")))
                .hasMessageContaining("notifications.slack.url is required by routes/notifications/slack.camel.yaml.");
    }

    private static List<String> told(ScriptedServer server) {
        return server.requests().stream()
                .filter(request -> request.text().contains("\"condition\""))
                .map(Request::text)
                .map(text -> text.replaceFirst(".*\"condition\":\"([^\"]*)\",\"state\":\"([^\"]*)\".*", "$1 $2"))
                .distinct()
                .toList();
    }

    /** What the lines say of the export. */
    private static List<String> conditions(ScriptedServer server) {
        return server.requests().stream()
                .map(request -> request.text().replaceFirst("(?s).*default/webhook ([^:\"]*?)[.:].*", "$1"))
                .toList();
    }

    private Path object(int hour) {
        return lake.numbers("year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(hour), hour * 100L - 100, 100);
    }

    private TestRun run(Map<String, String> more) throws Exception {
        return TestRun.batch(settings(more));
    }

    private Settings settings(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(lake.settings("SELECT n, hostname FROM events"));
        all.putAll(Map.of(
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "destination.webhook.token", "token-of-the-sink",
                "notifications.type", "webhook,slack",
                "notifications.webhook.url", people.url().toString(),
                "notifications.webhook.token", "token-of-people",
                "notifications.slack.url", channel.url().toString()));
        all.putAll(more);
        return TestRun.settings(folder, all);
    }
}
