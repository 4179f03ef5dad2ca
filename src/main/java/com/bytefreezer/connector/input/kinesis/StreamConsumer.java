package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.receive.ReadingConsumer;
import com.bytefreezer.connector.receive.Records;
import com.bytefreezer.connector.signs.Plight;
import com.bytefreezer.connector.text.PlainText;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Hands the records of a feed to its route, again and again until they are stored; meanwhile it reads no others. Whatever
 * fails, it goes on by itself.
 */
final class StreamConsumer extends ReadingConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(StreamConsumer.class);
    private static final int PAUSE_SECONDS = 3;

    /** Codes of errors that the keys have. */
    private static final Pattern LOGIN = Pattern.compile("AccessDenied|Unrecognized|Signature|Token|NotAuthorized");

    private final KinesisFeed feed;
    private final Supplier<Map<String, Long>> positions;
    private final Plight plight = new Plight();
    private volatile @Nullable KinesisClient current;
    private boolean knowsOfOthers;

    /** @param positions how far the shards are read, as {@link Shards} names them */
    StreamConsumer(Endpoint endpoint, Processor processor, KinesisFeed feed, Supplier<Map<String, Long>> positions) {
        super(endpoint, processor, feed.name(), PAUSE_SECONDS);
        this.feed = feed;
        this.positions = positions;
        hindered("It has not reached its server yet.");
    }

    @Override
    protected void read() throws InterruptedException {
        try (KinesisClient client = feed.client().get();
                Sharing sharing = new Sharing(feed.name(), feed.claims().get())) {
            current = client;
            tellOfOthers(sharing);
            Shards shards = new Shards(feed, client, positions, sharing);
            while (!isEnding()) {
                Shards.Read some = shards.next();
                if (!some.isEmpty()) {
                    Records records = new Records(feed.name(), some.pieces(), some.positions());
                    if (!storeUntilDone(records, failure -> {
                        tellOfStoring(failure);
                        sharing.hold();
                    })) {
                        return;
                    }
                    shards.stored();
                }
                if (some.failure().isPresent()) {
                    tell(why(some.failure().get())
                            + " It tries again every few seconds; the records stay in the stream.");
                    pause(PAUSE_SECONDS * 1000L);
                } else {
                    works();
                    pause(shards.idle());
                }
            }
        } catch (RuntimeException e) {
            // Such as wrong settings of the client.
            tell(why(e) + " It tries again every few seconds; the records stay in the stream.");
        } finally {
            current = null;
        }
    }

    private void tellOfOthers(Sharing sharing) {
        if (!sharing.isShared() && !knowsOfOthers) {
            knowsOfOthers = true;
            LOG.info(
                    "feed {}: it reads all shards. Another machine with this feed would store all of them, too; with cursor.url"
                            + " (PostgreSQL) they share the shards.",
                    feed.name());
        }
    }

    /** A server that does not answer does not hold up a stop. */
    @Override
    protected void wake() {
        KinesisClient client = current;
        if (client != null) {
            client.close();
        }
    }

    private void tellOfStoring(Exception failure) {
        tell(PlainText.sentence(Failures.describe(failure))
                + " It has paused, and tries again every second; the records stay in the stream.");
    }

    private String why(RuntimeException failure) {
        if (failure instanceof ResourceNotFoundException) {
            return "there is no stream %s. Create it, or correct stream-name and region.".formatted(feed.stream());
        }
        String what = PlainText.sentence(Failures.describe(failure));
        return failure instanceof AwsServiceException refusal
                        && refusal.awsErrorDetails() != null
                        && LOGIN.matcher(refusal.awsErrorDetails().errorCode()).find()
                ? "the server refuses (%s). Check the keys, and that they allow what routes/inputs/kinesis.camel.yaml names."
                        .formatted(PlainText.withoutStop(what))
                : what;
    }

    private void tell(String why) {
        String line = "feed %s: %s".formatted(feed.name(), why);
        hindered(line);
        if (!isEnding() && plight.isNews(line)) {
            LOG.warn("{}", line);
        }
    }

    private void works() {
        hindered("");
        plight.end().ifPresent(former -> LOG.info("feed {}: it reads again.", feed.name()));
    }
}
