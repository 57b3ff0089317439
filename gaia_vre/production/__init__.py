"""Turn archives into stores made for analysis: NetCDF to Zarr, images to COG, tables to Parquet."""
