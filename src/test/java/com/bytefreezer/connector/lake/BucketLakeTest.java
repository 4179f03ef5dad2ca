package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.bytefreezer.connector.lake.Credentials.Keys;
import java.time.Duration;
import java.util.Iterator;
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
            Credentials credentials = Credentials.of(
                    "bucket", server.url().toString(), false, "", new Keys("access", "word-of-the-lake", null), null);
            try (BucketLake lake = new BucketLake(
                            credentials, Network.PLAIN, "bucket", Set.of("acme/events/"), Duration.ofSeconds(30));
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

    private static String page(int page) {
        StringBuilder xml = new StringBuilder(
                "<ListBucketResult><Name>lake</Name><IsTruncated>" + (page < PAGES - 1) + "</IsTruncated>");
        if (page < PAGES - 1) {
            xml.append("<NextContinuationToken>").append(page + 1).append("</NextContinuationToken>");
        }
        for (int i = 0; i < PAGE; i++) {
            xml.append(
                    "<Contents><Key>acme/events/%03d/%04d.parquet</Key><Size>1</Size><LastModified>2026-11-20T00:00:00Z</LastModified></Contents>"
                            .formatted(page, i));
        }
        return xml.append("</ListBucketResult>").toString();
    }
}
