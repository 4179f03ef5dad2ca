package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.HostileServer;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A listing is complete, or it fails in one line; it is never silently short and never without an end. */
@Timeout(300)
@Tag("slow")
class OddListingsTest {
    private static final String FOLDER = "acme/events/";

    private final ScriptedServer server = ScriptedServer.start();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aListingCutWithoutATokenGoesOnAfterItsLastObject() {
        reply("start-after=&", page(true, "", "a", "b"));
        reply("start-after=" + FOLDER.replace("/", "%2F") + "b.parquet", page(false, "", "c"));
        server.replyWhen(request -> !request.path().contains("start-after"), page(true, "", "a", "b"));

        assertThat(names(server.url())).containsExactly("a", "b", "c");
    }

    @Test
    void aListingThatBeginsAgainInsteadFails() {
        server.reply(page(true, "", "a", "b"));

        requireLine("object acme/events/a.parquet is repeated or out of order");
    }

    @Test
    void anExpiredTokenIsAMatterOfTheKeys() {
        server.reply(Reply.of(400, "<Error><Code>ExpiredToken</Code><Message>It has expired.</Message></Error>"));

        assertThatThrownBy(() -> names(server.url()))
                .hasMessageContaining("400 ExpiredToken when listing. Nothing new was read. Check the keys");
    }

    @Test
    void aTokenIsFollowedThoughNothingMoreIsPromised() {
        server.reply(page(false, "next", "a"));
        reply("continuation-token=next", page(false, "", "b"));

        assertThat(names(server.url())).containsExactly("a", "b");
    }

    @Test
    void theSameTokenAgainFails() {
        server.reply(page(true, "same"));

        requireLine("it repeats the same page");
    }

    @Test
    void newTokensWithoutAnObjectFail() {
        IntStream.range(0, 1000).forEach(i -> reply("continuation-token=t" + i + "&", page(true, "t" + (i + 1))));
        server.replyWhen(request -> !request.path().contains("continuation-token"), page(true, "t0"));

        requireLine("100 pages in a row contained no object");
    }

    @Test
    void emptyPagesInBetweenDoNoHarm() {
        server.replyWhen(request -> !request.path().contains("continuation-token"), page(true, "t0"));
        reply("continuation-token=t0&", page(true, "t1", "a"));
        reply("continuation-token=t1&", page(true, "t2"));
        reply("continuation-token=t2&", page(false, "", "b"));

        assertThat(names(server.url())).containsExactly("a", "b");
    }

    @Test
    void aFullPageThatSaysNothingOfMoreIsNotTheEnd() {
        var thousand = IntStream.range(0, 1000).mapToObj("%04d"::formatted).toArray(String[]::new);
        server.reply(Reply.of(200, page(false, "", thousand).body().replace("<IsTruncated>false</IsTruncated>", "")));
        reply("start-after=acme%2Fevents%2F0999.parquet", page(false, "", "1000"));

        assertThat(names(server.url())).hasSize(1001);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "b a b", "b b"})
    void namesInAnyOtherOrderFail(String order) {
        var pages = order.equals("a b") ? "b a" : order;
        server.reply(page(false, "", pages.split(" ")));

        requireLine("is repeated or out of order");
    }

    @Test
    void serversThatListFolderByFolderAreRead() {
        // By bytes a-b comes before a/.
        server.reply(page(false, "", "a/1", "a/2", "a-b/1", "é", "😀"));

        assertThat(names(server.url())).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<Size>-5</Size><LastModified>2026-11-20T00:00:00Z</LastModified>",
                "<Size>9223372036854775807</Size><LastModified>2026-11-20T00:00:00Z</LastModified>",
                "<Size>99999999999999999999999</Size><LastModified>2026-11-20T00:00:00Z</LastModified>",
                "<Size>many</Size><LastModified>2026-11-20T00:00:00Z</LastModified>",
                "<LastModified>2026-11-20T00:00:00Z</LastModified>",
                "<Size>1</Size>",
                "<Size>1</Size><LastModified>yesterday</LastModified>"
            })
    void anObjectWithoutASensibleSizeAndTimeFails(String rest) {
        server.reply(Reply.of(
                200,
                "<ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated><Contents><Key>acme/events/a.parquet</Key>%s</Contents></ListBucketResult>"
                        .formatted(rest)));

        requireLine("");
    }

    @Test
    void namesWithSignsAreReadAsTheyAre() {
        var encoded = List.of("%01", "+", "%2B", "%25", "%3F", "%23", "%0A", "%C3%A9", "%E2%80%A8");
        server.reply(Reply.of(
                200,
                "<ListBucketResult><Name>lake</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
                        + encoded.stream()
                                .sorted((one, other) -> decoded(one).compareTo(decoded(other)))
                                .map(name -> contents("acme%2Fevents%2F" + name + ".parquet"))
                                .collect(Collectors.joining())
                        + "</ListBucketResult>"));

        assertThat(names(server.url()))
                .containsExactlyInAnyOrder("\u0001", " ", "+", "%", "?", "#", "\n", "é", "\u2028");
        assertThat(server.requests()).allMatch(request -> request.path().contains("encoding-type=url"));
    }

    @Test
    void objectsOfOtherFoldersAreNoneOfThisDataset() {
        server.reply(Reply.of(
                200,
                "<ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated>%s%s%s</ListBucketResult>"
                        .formatted(
                                contents("acme/event.parquet"),
                                contents("acme/events/a.parquet"),
                                contents("other/b.parquet"))));

        assertThat(names(server.url())).containsExactly("a");
    }

    @Test
    void hostileXmlFails() {
        var bomb = "<!DOCTYPE x [<!ENTITY a \"%s\"><!ENTITY b \"%s\"><!ENTITY c \"%s\"><!ENTITY d \"%s\">]>"
                .formatted("lol".repeat(1000), "&a;".repeat(1000), "&b;".repeat(1000), "&c;".repeat(1000));
        var file = "<!DOCTYPE x [<!ENTITY d SYSTEM \"file:///etc/hostname\">]>";
        for (String dtd : List.of(bomb, file)) {
            server.reply(Reply.of(
                    200,
                    dtd + "<ListBucketResult><Name>&d;</Name><IsTruncated>false</IsTruncated></ListBucketResult>"));
            requireLine("");
        }
        server.reply(Reply.of(200, "<ListBucketResult>" + "<a>".repeat(200_000)));
        requireLine("Depth");
        server.reply(Reply.of(200, page(false, "", "a", "b").body().replaceFirst("</Contents>.*", "</Contents>")));
        requireLine("");
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerWithoutAnEndFails(HostileServer.Answer answer) {
        try (var hostile = HostileServer.start(answer)) {
            assertThatThrownBy(() -> names(hostile.url()))
                    .isInstanceOf(ConnectorException.class)
                    .message()
                    .startsWith("lake s3://bucket at ")
                    .hasLineCount(1);
        }
    }

    private void requireLine(String what) {
        assertThatThrownBy(() -> names(server.url()))
                .isInstanceOf(ConnectorException.class)
                .message()
                .startsWith("lake s3://bucket at " + server.url() + ": cannot be listed (")
                .contains(what)
                .hasLineCount(1);
    }

    private void reply(String part, Reply reply) {
        server.replyWhen((Request request) -> (request.path() + "&").contains(part), reply);
    }

    private static List<String> names(URI endpoint) {
        Credentials credentials = Credentials.of(
                "bucket", endpoint.toString(), false, "", new Keys("access", "word-of-the-lake", null), null);
        try (BucketLake lake =
                        new BucketLake(credentials, Network.PLAIN, "bucket", Set.of(FOLDER), Duration.ofMillis(250));
                Stream<LakeObject> objects = lake.objects()) {
            return objects.map(object -> object.key().replace(".parquet", "")).toList();
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static Reply page(boolean truncated, String token, String... names) {
        return Reply.of(
                200,
                "<ListBucketResult><Name>lake</Name><IsTruncated>%s</IsTruncated>%s%s</ListBucketResult>"
                        .formatted(
                                truncated,
                                token.isEmpty()
                                        ? ""
                                        : "<NextContinuationToken>%s</NextContinuationToken>".formatted(token),
                                Stream.of(names)
                                        .map(name -> contents(FOLDER + name + ".parquet"))
                                        .collect(Collectors.joining())));
    }

    private static String contents(String key) {
        return "<Contents><Key>%s</Key><Size>1</Size><LastModified>2026-11-20T00:00:00Z</LastModified></Contents>"
                .formatted(key);
    }
}
