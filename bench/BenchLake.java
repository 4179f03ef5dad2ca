import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.WideEvents;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** The data for the measurements, in a folder and in MinIO. It stays for later measurements. */
final class BenchLake {
    static final Path FOLDER = Bench.WORK.resolve("lake");
    static final String BUCKET = "bench";

    private BenchLake() {}

    /** MinIO with the content of the dataset's folder. */
    static MinioServer inMinio(Bench.Dataset dataset) throws IOException {
        MinioServer minio = S3Server.minioIn(Files.createDirectories(Bench.WORK.resolve("minio")));
        Path made = Bench.WORK.resolve("minio/%s-%d-%d.uploaded".formatted(dataset.name(), dataset.objects(), dataset.records()));
        if (!Files.exists(made)) {
            Bench.say("uploading %s", Figures.title(dataset));
            if (!Files.exists(Bench.WORK.resolve("minio/data").resolve(BUCKET))) {
                minio.createBucket(BUCKET);
            }
            minio.uploadFolder(BUCKET, dataset.folder(), FOLDER.resolve(dataset.folder()));
            Files.createFile(made);
        }
        return minio;
    }

    /** The settings of a connector that reads from there, or through a proxy before it. */
    static Map<String, String> settings(URI endpoint) {
        Map<String, String> settings = new HashMap<>(S3Server.settings(endpoint));
        settings.put("s3.bucket", BUCKET);
        return settings;
    }

    /** A folder with a lookup {@code ioc} of a million addresses, among them all addresses of the events. */
    static Path lookups() throws SQLException, IOException {
        Path folder = Files.createDirectories(Bench.WORK.resolve("lookups"));
        Path file = folder.resolve("ioc.csv");
        if (!Files.exists(file)) {
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                statement.execute(
                        "COPY (SELECT '10.' || i %% 4 || '.' || i // 4 %% 200 || '.' || i // 800 AS ip, 'threat ' || i %% 97 AS threat FROM range(1000000) AS r(i)) TO '%s'"
                                .formatted(file));
            }
        }
        return folder;
    }

    /** Makes the dataset once. Each hour is made once and copied until there are enough objects. */
    static void make(Bench.Dataset dataset) throws SQLException, IOException {
        Path done = FOLDER.resolve("%s-%d-%d.made".formatted(dataset.name(), dataset.objects(), dataset.records()));
        if (Files.exists(done)) {
            return;
        }
        Bench.say("making %s", Figures.title(dataset));
        Path folder = FOLDER.resolve(dataset.folder());
        boolean isWide = dataset.equals(Bench.WIDE) || dataset.equals(Bench.WIDE_START);
        int hours = isWide ? dataset.objects() : Math.min(dataset.objects(), dataset.hours());
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            for (int object = 0; object < dataset.objects(); object++) {
                int hour = object % hours;
                Path path = folder.resolve(partition(hour)).resolve(objectName(dataset, object));
                if (object < hours) {
                    Files.createDirectories(path.getParent());
                    long from = dataset.records() * hour / dataset.objects();
                    long to = dataset.records() * (hour + 1) / dataset.objects();
                    statement.execute(
                            isWide
                                    ? WideEvents.copy(object, wideRecords(dataset, object), path)
                                    : "COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)"
                                            .formatted(records(hour, from, to), path));
                } else {
                    Files.copy(
                            path.resolveSibling(objectName(dataset, hour)), path, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        Files.createFile(done);
    }

    private static long wideRecords(Bench.Dataset dataset, int object) {
        return dataset.objects() == 1
                ? dataset.records()
                : WideEvents.OBJECTS.get(object % WideEvents.OBJECTS.size());
    }

    private static String partition(int hour) {
        return "year=2026/month=11/day=%02d/hour=%02d".formatted(1 + hour / 24, hour % 24);
    }

    private static String objectName(Bench.Dataset dataset, int object) {
        return "%s_%s_%06d.parquet".formatted(Bench.TENANT, dataset.name(), object);
    }

    /** Syslog in packer's types: about 370 bytes of JSON each, the same on every machine. */
    private static String records(int hour, long from, long to) {
        return """
                SELECT
                  epoch_ms(time) + 1500 AS BfTs,
                  time AS timestamp,
                  '10.' || h %% 4 || '.' || h // 4 %% 200 || '.' || h // 800 %% 250 AS source_ip,
                  ['web', 'mail', 'db', 'bastion', 'proxy'][1 + h // 7 %% 5] || '-' || h // 35 %% 40 || '.corp.example.com' AS hostname,
                  ['sshd', 'nginx', 'postfix/smtpd', 'systemd', 'kernel'][1 + h // 11 %% 5] AS app_name,
                  (h // 13 %% 65536)::DOUBLE AS proc_id,
                  (h // 17 %% 24)::DOUBLE AS facility,
                  (h // 19 %% 8)::DOUBLE AS severity,
                  (h // 23 %% 100000) / 1000 AS duration,
                  CASE WHEN h %% 10 < 3 THEN 'ID' || h // 29 %% 50 END AS msg_id,
                  CASE h // 31 %% 3
                    WHEN 0 THEN 'Failed password for invalid user ' || ['admin', 'test', 'oracle', 'guest'][1 + h // 37 %% 4]
                      || ' from 203.0.113.' || h // 41 %% 256 || ' port ' || h // 43 %% 65536 || ' ssh2, session ' || h
                    WHEN 1 THEN 'GET /api/v1/orders/' || h // 47 %% 1000000 || '?page=' || h // 53 %% 90 || ' HTTP/1.1 "Mozilla/5.0 (X11; Linux x86_64)" '
                      || [200, 301, 404, 500][1 + h // 59 %% 4] || ' ' || h // 61 %% 100000
                    ELSE 'connect from unknown[198.51.100.' || h // 67 %% 256 || ']: message-id=<' || h || '@mail.example.org>, queue active, nrcpt=1'
                  END AS message
                FROM (SELECT (hash(i) >> 1)::BIGINT AS h, TIMESTAMP '2026-11-01 00:00:00' + INTERVAL %d HOUR + INTERVAL ((i - %d) * 3600000 // %d) MILLISECOND AS time
                  FROM range(%d, %d) AS rows(i))
                """.formatted(hour, from, to - from, from, to);
    }
}
