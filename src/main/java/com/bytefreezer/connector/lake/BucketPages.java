package com.bytefreezer.connector.lake;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The pages of one listing of a bucket, each requested when needed. The listing is complete or it fails: servers that
 * only resemble S3 end it without a continuation token, or start it again forever. For one thread.
 */
final class BucketPages implements Iterator<ListObjectsV2Response> {
    /** Real servers return some of these if many objects are deleted. */
    private static final int MOST_WITHOUT_NEWS = 100;
    /** The page size of a server that does not say whether there are more pages. */
    private static final int FULL_PAGE = 1000;
    /** A hundred times the maximum size of an object. */
    private static final long LARGEST_OBJECT = 5_000_000_000_000_000L;

    private final S3Client client;
    private final S3Answers answers;
    private final String prefix;
    private final @Nullable String delimiter;
    private final NameOrder objects = new NameOrder();
    private final NameOrder folders = new NameOrder();

    private @Nullable String token;
    private @Nullable String after;
    private int withoutNews;
    private boolean more = true;

    /** @param delimiter ends a folder name, and the folder represents everything below it; null lists that too */
    BucketPages(S3Client client, S3Answers answers, String prefix, @Nullable String delimiter) {
        this.client = client;
        this.answers = answers;
        this.prefix = prefix;
        this.delimiter = delimiter;
    }

    @Override
    public boolean hasNext() {
        return more;
    }

    @Override
    public ListObjectsV2Response next() {
        if (!more) {
            throw new NoSuchElementException();
        }
        ListObjectsV2Response page = answers.of(() -> client.listObjectsV2(request -> request.bucket(answers.bucket())
                .prefix(prefix)
                .delimiter(delimiter)
                // XML cannot represent most control characters.
                .encodingType(EncodingType.URL)
                .continuationToken(token)
                .startAfter(after)));
        page.contents().forEach(this::check);
        page.commonPrefixes().forEach(this::check);
        int entries = page.contents().size() + page.commonPrefixes().size();
        withoutNews = entries == 0 ? withoutNews + 1 : 0;
        if (withoutNews > MOST_WITHOUT_NEWS) {
            throw answers.wrong("%d pages in a row contained no object".formatted(MOST_WITHOUT_NEWS));
        }
        goOn(page.nextContinuationToken(), page.isTruncated() == null ? entries >= FULL_PAGE : page.isTruncated());
        return page;
    }

    private void goOn(@Nullable String next, boolean truncated) {
        more = truncated || next != null;
        if (next != null && next.equals(token)) {
            throw answers.wrong("it repeats the same page");
        }
        token = next;
        after = null;
        if (more && next == null) {
            after = NameOrder.later(objects.last(), folders.lastBelow())
                    .orElseThrow(() -> answers.wrong("it is cut off without a way to continue"));
        }
    }

    private void check(S3Object object) {
        String key = object.key();
        if (key == null || object.size() == null || object.lastModified() == null) {
            throw answers.wrong("an object lacks its name, size or time");
        }
        if (object.size() < 0 || object.size() > LARGEST_OBJECT) {
            throw answers.wrong("object %s has a size of %,d bytes".formatted(key, object.size()));
        }
        if (!objects.follows(key)) {
            throw answers.wrong("object %s is repeated or out of order".formatted(key));
        }
    }

    private void check(CommonPrefix folder) {
        String name = folder.prefix();
        if (name == null || !name.startsWith(prefix) || !name.endsWith("/")) {
            throw answers.wrong("%s is not a folder below %s".formatted(name, prefix));
        }
        if (!folders.follows(name)) {
            throw answers.wrong("folder %s is repeated or out of order".formatted(name));
        }
    }
}
