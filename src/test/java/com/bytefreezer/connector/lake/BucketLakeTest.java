package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.lake.Credentials.Keys;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class BucketLakeTest {
    private static final int PAGES = 100;
    private static final int PAGE = 1000;

    @Test
    void aHundredThousandObjectsAreListedByPageAsTheyAreRead() {
        try (ScriptedServer server = ScriptedServer.start()) {
            for (int i = 0; i < PAGES; i++) {
                int page = i;
                String token = page == 0 ? "" : "continuation-token=" + page + "&";
                server.replyWhen(
                        request -> page == 0
                                ? !request.path().contains("continuation-token")
                                : (request.path() + "&").contains(token),
                        Reply.of(200, page(page)).header("Content-Type", "application/xml"));
            }
            try (BucketLake lake = lake(server);
                    Stream<LakeObject> objects = lake.objects()) {
                Iterator<LakeObject> iterator = objects.iterator();
                for (int i = 0; i < PAGE; i++) {
                    iterator.next();
                }
                assertThat(server.requests()).hasSizeLessThanOrEqualTo(2);

                int rest = 0;
                while (iterator.hasNext()) {
                    iterator.next();
                    rest++;
                }
                assertThat(rest).isEqualTo((PAGES - 1) * PAGE);
                assertThat(server.requests()).hasSize(PAGES);
            }
        }
    }

    @Test
    void theNewestHourNeedsOneRequestForEachFolderAboveIt() {
        try (ScriptedServer server = ScriptedServer.start()) {
            List<String> folders = List.of("", "year=2026/", "month=11/", "day=20/", "hour=09/");
            String path = "";
            for (int i = 0; i < folders.size(); i++) {
                path += folders.get(i);
                String its = "prefix=" + URLEncoder.encode("acme/events/" + path, StandardCharsets.UTF_8) + "&";
                String below = i + 1 < folders.size()
                        ? "<CommonPrefixes><Prefix>acme/events/%s</Prefix></CommonPrefixes>"
                                .formatted(path + folders.get(i + 1))
                        : content(path + "newest.parquet");
                server.replyWhen(
                        request -> (request.path() + "&").contains(its),
                        Reply.of(
                                        200,
                                        "<ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated>" + below
                                                + "</ListBucketResult>")
                                .header("Content-Type", "application/xml"));
            }
            try (BucketLake lake = lake(server)) {
                Period newest = lake.newest().orElseThrow();
                assertThat(lake.objects(newest.from()).map(LakeObject::key))
                        .containsExactly("year=2026/month=11/day=20/hour=09/newest.parquet");
            }
            assertThat(server.requests()).hasSize(folders.size());
        }
    }

    private static BucketLake lake(ScriptedServer server) {
        Credentials credentials = Credentials.of(
                "bucket", server.url().toString(), false, "", new Keys("access", "word-of-the-lake", null), null);
        return new BucketLake(credentials, Network.PLAIN, "bucket", Set.of("acme/events/"), Duration.ofSeconds(30));
    }

    private static String content(String name) {
        return "<Contents><Key>acme/events/%s</Key><Size>1</Size><LastModified>2026-11-20T00:00:00Z</LastModified></Contents>"
                .formatted(name);
    }

    private static String page(int page) {
        StringBuilder xml = new StringBuilder(
                "<ListBucketResult><Name>lake</Name><IsTruncated>" + (page < PAGES - 1) + "</IsTruncated>");
        if (page < PAGES - 1) {
            xml.append("<NextContinuationToken>").append(page + 1).append("</NextContinuationToken>");
        }
        for (int i = 0; i < PAGE; i++) {
            xml.append(content("%03d/%04d.parquet".formatted(page, i)));
        }
        return xml.append("</ListBucketResult>").toString();
    }
}
