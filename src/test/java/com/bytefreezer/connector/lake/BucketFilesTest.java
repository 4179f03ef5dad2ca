package com.bytefreezer.connector.lake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BucketFilesTest {
    /** More than two answers of a server may have. */
    private static final int LARGE = 21_000_000;

    private static MinioServer minio;

    private final BucketFiles files = new BucketFiles(
            Credentials.of(
                    "lists",
                    minio.endpoint().toString(),
                    false,
                    "",
                    new Keys(minio.accessKey(), minio.secretKey(), null),
                    null),
            Network.PLAIN,
            "soc/",
            Duration.ofSeconds(30));

    @BeforeAll
    static void start() {
        minio = S3Server.minio();
        minio.createBucket("lists");
    }

    @AfterAll
    static void stop() {
        minio.close();
    }

    @Test
    void anObjectOfAnySizeIsReadAsItIs() throws IOException {
        byte[] large = bytes();
        minio.put("lists", "soc/large", large);
        minio.put("lists", "soc/empty", new byte[0]);

        assertThat(read("large")).isEqualTo(large);
        assertThat(read("empty")).isEmpty();
    }

    @Test
    @Tag("slow")
    void anObjectThatChangesWhileItIsReadIsNotMixed() throws IOException {
        minio.put("lists", "soc/changed", bytes());
        try (InputStream in = files.open("changed")) {
            in.readNBytes(10);
            minio.put("lists", "soc/changed", new byte[LARGE]);
            assertThatThrownBy(in::readAllBytes).isInstanceOf(IOException.class);
        }
    }

    private byte[] read(String name) throws IOException {
        try (InputStream in = files.open(name)) {
            return in.readAllBytes();
        }
    }

    private static byte[] bytes() {
        byte[] bytes = new byte[LARGE];
        new Random(1).nextBytes(bytes);
        return bytes;
    }
}
