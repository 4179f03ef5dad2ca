package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.problem.ConnectorException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class TroubleTest {
    @Test
    void aFullDiskUnderTemporaryFilesIsNoFaultOfTheObject() {
        SQLException full = new SQLException(
                "IO Error: Could not write file \"/tmp/spill/duckdb_temp_storage_S96K-0.tmp\": No space left on device");

        assertThat(Trouble.of(full)).isEqualTo(Trouble.DISK);
        assertThat(Trouble.DISK.reason(full)).contains("duckdb.temp-folder");
    }

    @Test
    void whatOneObjectRunsIntoDoesNotSayThatNothingWasExported() {
        ConnectorException wrong =
                new ConnectorException("SQL: no.", ConnectorException.NOTHING_EXPORTED, "Leave it out.", null);

        assertThat(Trouble.of(wrong).reason(wrong)).isEqualTo("SQL: no. Leave it out.");
    }
}
