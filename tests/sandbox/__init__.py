"""The sandbox store, asked over real HTTP as an app would."""
